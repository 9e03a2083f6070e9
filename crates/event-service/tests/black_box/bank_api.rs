//! Lombard's own API over events, for bank users and the operator.

use crate::harness::{Answer, BASIC, CLIENT, EVENT, OTHER_CLIENT, RESOURCE, Setup, TestService};
use certificates::ServiceRole;
use jiff::SignedDuration;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use std::time::Duration;

const API: &str = "/api/lombard/events/v1";
const TYPE: &str = "urn:uk:org:openbanking:events:resource-update";

async fn send(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.unwrap()).await
}

/// A call as the key manager forwards it for the documented bank user.
fn call(service: &TestService, method: &str, path: &str) -> RequestBuilder {
    service.forwarded_method(method, &format!("{API}{path}")).header("authorization", BASIC)
}

async fn get(service: &TestService, path: &str) -> Answer {
    send(call(service, "GET", path)).await
}

async fn post(service: &TestService, path: &str) -> Answer {
    send(call(service, "POST", path)).await
}

async fn post_json(service: &TestService, path: &str, body: &Value) -> Answer {
    let request = call(service, "POST", path).header("content-type", "application/json");
    send(request.body(body.to_string())).await
}

#[track_caller]
fn assert_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.json()["type"], format!("urn:lombard:problem:{code}"));
}

/// Ids and status of a list.
#[track_caller]
fn listed(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let events = answer.json()["events"].as_array().unwrap().clone();
    events.iter().map(|event| (text(&event["id"]), text(&event["status"]))).collect()
}

fn order(client_id: &str) -> Value {
    json!({"client_id": client_id, "resource_id": RESOURCE, "events": {TYPE: {"a": 1}}})
}

#[actix_web::test]
async fn nobody_comes_in_without_the_credentials_of_a_bank_user_or_the_operators_certificate() {
    let service = TestService::start().await;
    for (method, path) in [("GET", "/events"), ("POST", "/replay"), ("GET", "/nothing")] {
        for header in [None, Some("Basic bm86b25l"), Some("Bearer x")] {
            let mut request = service.forwarded_method(method, &format!("{API}{path}"));
            if let Some(header) = header {
                request = request.header("authorization", header);
            }
            let answer = send(request).await;
            assert_problem(&answer, 401, "unauthenticated");
            assert_eq!(answer.header("www-authenticate"), "Basic realm=\"localhost\"");
        }
    }
    for role in [ServiceRole::Gateway, ServiceRole::EventService] {
        let client = service.as_role(Some(role));
        let request = client.get(format!("{}{API}/events", service.base));
        assert_problem(&send(request.header("authorization", BASIC)).await, 403, "forbidden");
    }
    let operator = service.as_role(Some(ServiceRole::Operator));
    let request = operator.get(format!("{}{API}/events", service.base));
    assert_eq!(send(request).await.json(), json!({"events": []}));
}

#[actix_web::test]
async fn what_is_no_query_no_body_and_no_address_is_refused() {
    let service = TestService::start().await;
    for query in [
        "x=1",
        "limit=0",
        "limit=201",
        "limit=a",
        "limit=1&limit=1",
        "status=reopened",
        "status=",
        "after=x",
        "created_from=yesterday",
        "created_before=1",
    ] {
        assert_problem(&get(&service, &format!("/events?{query}")).await, 400, "invalid_query");
    }
    for query in ["", "?client=a", "?client_id=a&client_id=b"] {
        assert_problem(&get(&service, &format!("/backlog{query}")).await, 400, "invalid_query");
    }
    assert_problem(&get(&service, "/backlog?client_id=nobody").await, 404, "no_such_client");
    for path in ["/events/x", "/events/019b7661-8000-7000-8000-00000000abcd"] {
        assert_problem(&get(&service, path).await, 404, "no_such_event");
        for change in ["reopen", "expire"] {
            let answer = post(&service, &format!("{path}/{change}")).await;
            assert_problem(&answer, 404, "no_such_event");
        }
    }
    for path in ["", "/", "/event", "/events/a/b/c"] {
        assert_problem(&get(&service, path).await, 404, "not_found");
    }
    let answer = send(call(&service, "DELETE", "/events")).await;
    assert_problem(&answer, 405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "GET, POST");
    for path in ["/events", "/replay"] {
        let typed = |media| call(&service, "POST", path).header("content-type", media).body("{}");
        assert_problem(&send(typed("text/plain")).await, 415, "unsupported_media_type");
        for body in ["", "{", "[]", "null", "{\"x\":1}", "\u{feff}{}"] {
            let request = call(&service, "POST", path).header("content-type", "application/json");
            assert_problem(&send(request.body(body)).await, 400, "invalid_member");
        }
    }
}

#[actix_web::test]
async fn a_replay_names_one_client_and_a_time() {
    let service = TestService::start().await;
    service.created().await;
    let good = json!({
        "client_id": CLIENT, "created_from": "2020-01-01T00:00:00Z", "created_before": "2100-01-01T00:00:00Z",
    });
    for (member, value) in [
        ("created_from", json!("now")),
        ("created_before", json!(5)),
        ("after", json!("x")),
        ("limit", json!(0)),
        ("limit", json!(1001)),
        ("x", json!(1)),
    ] {
        let mut bad = good.clone();
        bad[member] = value;
        assert_problem(&post_json(&service, "/replay", &bad).await, 400, "invalid_member");
    }
    let mut unknown = good.clone();
    unknown["client_id"] = json!("nobody");
    assert_problem(&post_json(&service, "/replay", &unknown).await, 404, "no_such_client");
    assert_eq!(post_json(&service, "/replay", &good).await.status, 200);
}

test_kit::on_both_databases! {
    async fn events_are_listed_by_client_status_type_and_time_in_parts(database: TestDatabase) {
        let service = TestService::on(database).await;
        let mut mine = Vec::new();
        for _ in 0..5 {
            mine.push(service.created().await);
        }
        let other = service.created_for(OTHER_CLIENT).await;
        let report = json!({"ack": [mine[0]], "setErrs": {&mine[1]: {"err": "jwtIss", "description": "d"}}});
        service.poll(&report.to_string()).await;
        service.clock.advance(SignedDuration::from_hours(1));
        let late = service.create(r#"{"another:type":{}}"#).await.json()["notificationsID"].as_str().unwrap().to_owned();

        let all = listed(&get(&service, "/events").await);
        assert_eq!(all.len(), 7);
        let of = |id: &str, status: &str| (id.to_owned(), status.to_owned());
        let expected = [
            of(&mine[0], "acknowledged"), of(&mine[1], "errored"), of(&mine[2], "open"),
            of(&mine[3], "open"), of(&mine[4], "open"), of(&late, "open"),
        ];
        let client = format!("/events?client_id={CLIENT}");
        assert_eq!(listed(&get(&service, &client).await), expected);
        assert_eq!(listed(&get(&service, &format!("{client}&status=open")).await), expected[2..]);
        assert_eq!(listed(&get(&service, &format!("{client}&status=errored")).await), expected[1..2]);
        assert_eq!(listed(&get(&service, "/events?type=another:type").await), expected[5..]);
        assert!(listed(&get(&service, "/events?client_id=nobody").await).is_empty());
        let before = "created_before=2026-01-01T00:30:00Z";
        assert_eq!(listed(&get(&service, &format!("{client}&{before}")).await), expected[..5]);
        let from = "created_from=2026-01-01T00:30:00Z";
        assert_eq!(listed(&get(&service, &format!("/events?{from}")).await), expected[5..]);
        assert_eq!(listed(&get(&service, &format!("/events?client_id={OTHER_CLIENT}")).await), [of(&other, "open")]);

        for filter in ["", "&status=open"] {
            let (mut seen, mut after) = (Vec::new(), String::new());
            loop {
                let part = get(&service, &format!("{client}{filter}&limit=2{after}")).await;
                seen.extend(listed(&part));
                let Some(next) = part.json()["next"].as_str().map(str::to_owned) else { break };
                after = format!("&after={next}");
            }
            assert_eq!(seen, if filter.is_empty() { &expected[..] } else { &expected[2..] });
        }
    }

    async fn an_event_is_shown_with_its_set_and_what_happened_to_it(database: TestDatabase) {
        let service = TestService::on(database).await;
        let id = service.created().await;
        let set = service.poll("{}").await.json()["sets"][&id].clone();
        let report = json!({"setErrs": {&id: {"err": "jwtIss", "description": "Ünknown"}}}).to_string();
        service.poll(&report).await;
        let shown = get(&service, &format!("/events/{id}")).await.json();
        assert_eq!((&shown["id"], &shown["client_id"], &shown["resource_id"]), (&json!(id), &json!(CLIENT), &json!(RESOURCE)));
        assert_eq!((&shown["types"], &shown["status"]), (&json!([TYPE]), &json!("errored")));
        assert_eq!(shown["set"]["jws"], set);
        assert_eq!((&shown["set"]["claims"]["jti"], &shown["set"]["header"]["alg"]), (&json!(id), &json!("RS256")));
        let outcome = json!({
            "outcome": "errored", "via": "poll", "at": "2026-01-01T00:00:00Z", "err": "jwtIss", "description": "Ünknown",
        });
        assert_eq!(shown["outcomes"], json!([outcome]));
        assert_eq!(shown.get("deliveries"), None);
    }

    async fn an_event_is_opened_again_and_ended_by_the_bank(database: TestDatabase) {
        let service = TestService::on(database).await;
        let id = service.created().await;
        let set = service.poll("{}").await.body;
        service.poll(&json!({"ack": [id]}).to_string()).await;
        let reopen = format!("/events/{id}/reopen");
        assert_eq!(post(&service, &reopen).await.json(), json!({"id": id, "open": true, "changed": true}));
        assert_eq!(post(&service, &reopen).await.json(), json!({"id": id, "open": true, "changed": false}));
        assert_eq!(service.poll("{}").await.body, set);
        let expire = format!("/events/{id}/expire");
        assert_eq!(post(&service, &expire).await.json(), json!({"id": id, "open": false, "changed": true}));
        assert_eq!(post(&service, &expire).await.json(), json!({"id": id, "open": false, "changed": false}));
        assert!(service.poll("{}").await.ids().is_empty());
        let shown = get(&service, &format!("/events/{id}")).await.json();
        let outcomes: Vec<_> = shown["outcomes"].as_array().unwrap().iter().map(|outcome| (outcome["outcome"].clone(), outcome["via"].clone())).collect();
        assert_eq!(outcomes, [("acknowledged", "poll"), ("reopened", "bank"), ("expired", "bank")].map(|(a, b)| (json!(a), json!(b))));
        assert_eq!(shown["status"], "expired");
    }

    async fn a_time_of_one_clients_events_is_replayed_in_parts(database: TestDatabase) {
        let service = TestService::on(database).await;
        let mut taken = Vec::new();
        for _ in 0..5 {
            taken.push(service.created().await);
        }
        let foreign = service.created_for(OTHER_CLIENT).await;
        service.poll(&json!({"ack": taken}).to_string()).await;
        service.poll_as(OTHER_CLIENT, &json!({"ack": [foreign]}).to_string()).await;
        service.clock.advance(SignedDuration::from_hours(1));
        let late = service.created().await;
        service.poll(&json!({"ack": [late]}).to_string()).await;
        post(&service, &format!("/events/{}/reopen", taken[4])).await;

        let mut request = json!({
            "client_id": CLIENT, "created_from": "2026-01-01T00:00:00Z",
            "created_before": "2026-01-01T00:30:00Z", "limit": 3,
        });
        let first = post_json(&service, "/replay", &request).await.json();
        assert_eq!(first, json!({"reopened": 3, "skipped": 0, "next": taken[2]}));
        request["after"] = first["next"].clone();
        let second = post_json(&service, "/replay", &request).await.json();
        assert_eq!(second, json!({"reopened": 1, "skipped": 1}));
        assert_eq!(service.poll("{}").await.ids(), taken);
        assert!(service.poll_as(OTHER_CLIENT, "{}").await.ids().is_empty());
    }

    async fn an_event_that_nobody_could_verify_is_not_opened_again(database: TestDatabase) {
        let setup = Setup::new(database);
        let service = TestService::with(&setup).await;
        let id = service.created().await;
        service.poll(&json!({"ack": [id]}).to_string()).await;
        let database = setup.open_database().await;
        let forget = database.write(|conn| {
            use diesel::connection::SimpleConnection as _;
            conn.batch_execute("UPDATE event_log SET key_id = 'gone'").map_err(database::DatabaseError::from)
        });
        forget.await.unwrap();
        let answer = post(&service, &format!("/events/{id}/reopen")).await;
        assert_problem(&answer, 409, "set_unverifiable");
        let range = json!({
            "client_id": CLIENT, "created_from": "2020-01-01T00:00:00Z", "created_before": "2100-01-01T00:00:00Z",
        });
        assert_eq!(post_json(&service, "/replay", &range).await.json(), json!({"reopened": 0, "skipped": 1}));
        assert!(service.poll("{}").await.ids().is_empty());
    }

    async fn the_backlog_tells_what_waits_since_when_and_when_the_client_last_came(database: TestDatabase) {
        let service = TestService::on(database).await;
        let backlog = format!("/backlog?client_id={CLIENT}");
        let oldest = service.created().await;
        service.created().await;
        service.clock.advance(SignedDuration::from_secs(90));
        let told = get(&service, &backlog).await.json();
        assert_eq!(told, json!({
            "client_id": CLIENT, "open": 2, "open_at_least": false,
            "oldest": {"id": oldest, "created_at": "2026-01-01T00:00:00Z", "age_seconds": 90},
            "subscriptions": [],
        }));
        service.poll(&json!({"ack": [oldest], "maxEvents": 0}).to_string()).await;
        let told = get(&service, &backlog).await.json();
        assert_eq!(told["last_poll"], json!({
            "at": "2026-01-01T00:01:30Z", "sets": 0, "released": 1, "more_available": true,
        }));
        assert_eq!(told["open"], 1);
    }

    async fn the_backlog_tells_what_the_client_subscribed_to_and_what_no_subscription_wanted(database: TestDatabase) {
        let service = TestService::on(database).await;
        service.created().await;
        let wanted = "urn:uk:org:openbanking:events:consent-authorization-revoked";
        let id = service.subscribed(CLIENT, &json!({"Version": "3.1", "EventTypes": [wanted]})).await;
        let told = get(&service, &format!("/backlog?client_id={CLIENT}")).await.json();
        let subscription = json!({
            "id": id, "origin": "event_subscription", "api_version": "v3.1", "version": "3.1", "event_types": [wanted],
        });
        assert_eq!((&told["subscriptions"], &told["open"]), (&json!([subscription]), &json!(1)));

        let unwanted = service.created().await;
        assert_eq!(get(&service, &format!("/backlog?client_id={CLIENT}")).await.json()["open"], 1);
        let shown = get(&service, &format!("/events/{unwanted}")).await.json();
        assert_eq!((&shown["status"], shown.get("set")), (&json!("not_subscribed"), None));
        let listed = listed(&get(&service, "/events?status=not_subscribed").await);
        assert_eq!(listed, [(unwanted.clone(), "not_subscribed".to_owned())]);
        let answer = post(&service, &format!("/events/{unwanted}/reopen")).await;
        assert_problem(&answer, 409, "set_unverifiable");
    }

    async fn a_last_poll_is_known_at_the_other_replica_and_after_a_restart(database: TestDatabase) {
        let mut setup = Setup::new(database);
        let first = TestService::with(&setup).await;
        setup.key_manager = Some(first.key_manager.clone());
        let second = TestService::with(&setup).await;
        first.created().await;
        first.poll("{}").await;
        second.stop();
        first.stop();
        setup.key_manager = None;
        let third = TestService::with(&setup).await;
        let path = format!("/backlog?client_id={CLIENT}");
        // What is noted is written when the service stops.
        while get(&third, &path).await.json().get("last_poll").is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn many_events_of_several_clients_are_made_together(database: TestDatabase) {
        let service = TestService::on(database).await;
        let orders: Vec<Value> = (0..100).map(|n| order(if n % 2 == 0 { CLIENT } else { OTHER_CLIENT })).collect();
        let answer = post_json(&service, "/events", &json!({"events": orders})).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let ids: Vec<String> = serde_json::from_value(answer.json()["ids"].clone()).unwrap();
        let of = |rest: usize| ids.iter().skip(rest).step_by(2).cloned().collect::<Vec<_>>();
        assert_eq!(service.poll(r#"{"maxEvents":100}"#).await.ids(), of(0));
        assert_eq!(service.poll_as(OTHER_CLIENT, r#"{"maxEvents":100}"#).await.ids(), of(1));
    }

    async fn one_event_at_fault_refuses_the_others_and_is_named(database: TestDatabase) {
        let service = TestService::on(database).await;
        let with = |member: &str, value: Value| {
            let mut order = order(CLIENT);
            order[member] = value;
            order
        };
        for bad in [
            order("nobody"),
            with("resource_id", json!("")),
            with("resource_id", json!("r".repeat(256))),
            with("events", json!({})),
            with("events", json!({"t": 1})),
            with("events", json!([])),
            with("events", json!({"t": {"a": "x".repeat(16 * 1024)}})),
        ] {
            let body = json!({"events": [order(CLIENT), order(OTHER_CLIENT), bad, order(CLIENT)]});
            let answer = post_json(&service, "/events", &body).await;
            assert_problem(&answer, 400, "invalid_member");
            assert_eq!(answer.json()["pointer"], "/events/2");
        }
        let repeated = format!(r#"{{"events":[{{"client_id":"{CLIENT}","resource_id":"r","events":{{"t":{{}},"t":{{}}}}}}]}}"#);
        let request = call(&service, "POST", "/events").header("content-type", "application/json");
        assert_problem(&send(request.body(repeated)).await, 400, "invalid_member");
        for orders in [vec![], vec![order(CLIENT); 101]] {
            let answer = post_json(&service, "/events", &json!({"events": orders})).await;
            assert_problem(&answer, 400, "invalid_member");
        }
        assert!(service.poll("{}").await.ids().is_empty());
    }

    /// EV-02.
    async fn ev_02_a_batch_under_a_key_is_made_once(database: TestDatabase) {
        let service = TestService::on(database).await;
        let send_batch = async |key: &str, orders: Value| {
            let request = call(&service, "POST", "/events")
                .header("content-type", "application/json")
                .header("x-idempotency-key", key)
                .body(json!({"events": orders}).to_string());
            send(request).await
        };
        let first = send_batch("k", json!([order(CLIENT), order(CLIENT)])).await;
        assert_eq!(first.status, 201);
        assert_eq!(send_batch("k", json!([order(CLIENT), order(CLIENT)])).await.body, first.body);
        let other = send_batch("k", json!([order(CLIENT)])).await;
        assert_problem(&other, 400, "idempotency_key_reused");
        assert_problem(&send_batch("a b", json!([order(CLIENT)])).await, 400, "invalid_idempotency_key");
        // The key is the bank user's, at whichever door.
        let single = service.create_once("k", EVENT).await;
        assert_eq!((single.status, single.json()["error"].as_str()), (400, Some("invalid_request_header")));
        assert_eq!(service.poll("{}").await.ids().len(), 2);
    }
}
