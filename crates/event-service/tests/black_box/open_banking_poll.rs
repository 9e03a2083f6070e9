//! `POST /open-banking/{version}/events`, as the gateway calls it.

use crate::harness::{Answer, CLIENT, OTHER_CLIENT, TestService};
use serde_json::{Value, json};
use std::collections::HashSet;

const PATH: &str = "/open-banking/v3.1/events";

async fn post(service: &TestService, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = service.gateway_post(PATH).body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::read(request.send().await.unwrap()).await
}

fn acked(ids: &[String], max_events: u64) -> String {
    json!({"ack": ids, "maxEvents": max_events}).to_string()
}

#[actix_web::test]
async fn a_body_that_is_no_unambiguous_json_object_is_refused() {
    let service = TestService::start().await;
    for body in [
        "",
        " ",
        "{",
        "[]",
        "null",
        "{'a':1}",
        "{\"a\":1,}",
        "{} {}",
        "\u{feff}{}",
        "{\"a\":\"\u{1}\"}",
        r#"{"ack":[],"ack":[]}"#,
        r#"{"x":{"y":1,"y":2}}"#,
    ] {
        let answer = service.poll(body).await;
        answer.assert_open_banking_error(400, "UK.OBIE.Resource.InvalidFormat");
    }
    let deep = format!("{}{}", "[".repeat(50_000 / 2), "]".repeat(50_000 / 2));
    let answer = service.poll(&format!("{{\"x\":{deep}}}")).await;
    answer.assert_open_banking_error(400, "UK.OBIE.Resource.InvalidFormat");
}

#[actix_web::test]
async fn a_member_of_the_wrong_type_or_value_is_named() {
    let service = TestService::start().await;
    let long = "x".repeat(129);
    for (body, code, path) in [
        (json!({"maxEvents": "3"}), "Resource.InvalidFormat", "maxEvents"),
        (json!({"maxEvents": null}), "Resource.InvalidFormat", "maxEvents"),
        (json!({"maxEvents": -1}), "Field.Invalid", "maxEvents"),
        (json!({"maxEvents": 1.5}), "Field.Invalid", "maxEvents"),
        (json!({"returnImmediately": "true"}), "Resource.InvalidFormat", "returnImmediately"),
        (json!({"ack": "x"}), "Resource.InvalidFormat", "ack"),
        (json!({"ack": [1]}), "Resource.InvalidFormat", "ack"),
        (json!({"ack": [""]}), "Field.Invalid", "ack"),
        (json!({"ack": [long]}), "Field.Invalid", "ack"),
        (json!({"setErrs": []}), "Resource.InvalidFormat", "setErrs"),
        (json!({"setErrs": {"j": 1}}), "Resource.InvalidFormat", "setErrs.j"),
        (json!({"setErrs": {"j": {"description": "d"}}}), "Field.Missing", "setErrs.j.err"),
        (json!({"setErrs": {"j": {"err": "e"}}}), "Field.Missing", "setErrs.j.description"),
        (
            json!({"setErrs": {"j": {"err": "e".repeat(41), "description": "d"}}}),
            "Field.Invalid",
            "setErrs.j.err",
        ),
        (
            json!({"setErrs": {"j": {"err": "e", "description": "d".repeat(257)}}}),
            "Field.Invalid",
            "setErrs.j.description",
        ),
    ] {
        let answer = service.poll(&body.to_string()).await;
        let named = answer.assert_open_banking_error(400, &format!("UK.OBIE.{code}"));
        assert_eq!(named.as_deref(), Some(path));
    }
}

#[actix_web::test]
async fn errors_of_version_4_have_four_characters_and_no_deprecated_members() {
    let service = TestService::start().await;
    let request = service
        .gateway_post("/open-banking/v4.0/events")
        .header("x-wso2-client-id", CLIENT)
        .header("content-type", "application/json")
        .body(r#"{"maxEvents":-1}"#);
    let answer = Answer::read(request.send().await.unwrap()).await;
    let body = answer.json();
    assert_eq!((answer.status, &body["Errors"][0]["ErrorCode"]), (400, &json!("U002")));
    assert!(body.get("Code").is_none() && body.get("Message").is_none());
}

#[actix_web::test]
async fn another_content_type_is_unsupported_and_another_answer_not_acceptable() {
    let service = TestService::start().await;
    let client = ("x-wso2-client-id", CLIENT);
    for headers in [
        vec![client],
        vec![client, ("content-type", "application/x-www-form-urlencoded")],
        vec![client, ("content-type", "application/jose+jwe")],
        vec![client, ("content-type", "application/json; charset=iso-8859-1")],
    ] {
        let answer = post(&service, &headers, "{}").await;
        answer.assert_open_banking_error(415, "UK.OBIE.Header.Invalid");
    }
    let headers =
        [client, ("content-type", "application/json"), ("accept", "application/jose+jwe")];
    let answer = post(&service, &headers, "{}").await;
    answer.assert_open_banking_error(406, "UK.OBIE.Header.Invalid");
}

#[actix_web::test]
async fn another_method_path_or_version_is_refused() {
    let service = TestService::start().await;
    let gateway = service.as_role(Some(certificates::ServiceRole::Gateway));
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let request = gateway.request(method.parse().unwrap(), format!("{}{PATH}", service.base));
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
        assert_eq!(answer.json()["Code"], "405 MethodNotAllowed");
    }
    let unknown = service.gateway_post("/open-banking/v3.1/event-deliveries").body("{}");
    Answer::read(unknown.send().await.unwrap())
        .await
        .assert_open_banking_error(404, "UK.OBIE.Resource.NotFound");
    let version = service.gateway_post("/open-banking/v3.2/events").body("{}");
    assert!([403, 404].contains(&version.send().await.unwrap().status().as_u16()));
}

#[actix_web::test]
async fn a_body_over_64_kib_is_too_large() {
    let service = TestService::start().await;
    let padded = |length: usize| format!("{{}}{}", " ".repeat(length - 2));
    assert_eq!(service.poll(&padded(64 * 1024)).await.status, 200);
    let answer = service.poll(&padded(64 * 1024 + 1)).await;
    answer.assert_open_banking_error(413, "UK.OBIE.Resource.InvalidFormat");
}

#[actix_web::test]
async fn a_call_without_one_client_is_refused() {
    let service = TestService::start().await;
    let json = ("content-type", "application/json");
    let twice = [json, ("x-wso2-client-id", CLIENT), ("x-wso2-client-id", OTHER_CLIENT)];
    for headers in [&[json][..], &twice] {
        let answer = post(&service, headers, "{}").await;
        answer.assert_open_banking_error(400, "UK.OBIE.Header.Missing");
    }
    let underscore = [json, ("x-wso2-client_id", CLIENT)];
    let answer = post(&service, &underscore, "{}").await;
    answer.assert_open_banking_error(400, "UK.OBIE.Header.Missing");
    let answer = service.poll_as("nobody", "{}").await;
    answer.assert_open_banking_error(403, "UK.OBIE.Resource.NotFound");
}

#[actix_web::test]
async fn the_interaction_id_is_played_back() {
    let service = TestService::start().await;
    let id = "93bac5482f4e4a7db3a0c9c7c7d0c2aa";
    let headers = [
        ("x-wso2-client-id", CLIENT),
        ("content-type", "application/json"),
        ("x-fapi-interaction-id", id),
    ];
    for body in ["{}", "{"] {
        assert_eq!(post(&service, &headers, body).await.header("x-fapi-interaction-id"), id);
    }
}

test_kit::on_both_databases! {
    async fn nothing_waiting_is_an_empty_200(database: TestDatabase) {
        let service = TestService::on(database).await;
        for body in ["{}", r#"{"returnImmediately":true}"#, r#"{"maxEvents":0}"#] {
            let answer = service.poll(body).await;
            assert_eq!((answer.status, &*answer.body), (200, r#"{"moreAvailable":false,"sets":{}}"#));
            assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
        }
    }

    async fn three_of_five_are_returned_and_then_the_other_two(database: TestDatabase) {
        let service = TestService::on(database).await;
        let mut ids = Vec::new();
        for _ in 0..5 {
            ids.push(service.created().await);
        }
        let first = service.poll(r#"{"maxEvents":3}"#).await;
        assert_eq!((first.ids(), &first.json()["moreAvailable"]), (ids[..3].to_vec(), &json!(true)));
        let second = service.poll(&acked(&ids[..3], 3)).await;
        assert_eq!((second.ids(), &second.json()["moreAvailable"]), (ids[3..].to_vec(), &json!(false)));
    }

    async fn an_unacknowledged_event_is_returned_again_byte_for_byte(database: TestDatabase) {
        let service = TestService::on(database).await;
        service.created().await;
        let first = service.poll("{}").await.body;
        service.clock.advance(jiff::SignedDuration::from_secs(7200));
        assert_eq!(service.poll("{}").await.body, first);
        assert_eq!(service.accelerator_poll("{}").await.body, first);
    }

    async fn an_acknowledged_or_reported_event_is_never_returned_again(database: TestDatabase) {
        let service = TestService::on(database).await;
        let (taken, broken) = (service.created().await, service.created().await);
        let release = json!({
            "maxEvents": 0,
            "ack": [&taken],
            "setErrs": {&*broken: {"err": "jwtIss", "description": "Issuer is invalid"}},
        })
        .to_string();
        for _ in 0..2 {
            let answer = service.poll(&release).await;
            assert_eq!(answer.json(), json!({"moreAvailable": false, "sets": {}}));
        }
        assert_eq!(service.poll("{}").await.ids(), Vec::<String>::new());
    }

    async fn another_clients_event_cannot_be_seen_acknowledged_or_reported(database: TestDatabase) {
        let service = TestService::on(database).await;
        let id = service.created_for(CLIENT).await;
        let report = json!({"setErrs": {&*id: {"err": "e", "description": "d"}}}).to_string();
        for body in ["{}", &acked(std::slice::from_ref(&id), 5), &report] {
            let answer = service.poll_as(OTHER_CLIENT, body).await;
            assert_eq!((answer.status, answer.json()), (200, json!({"moreAvailable": false, "sets": {}})));
        }
        assert_eq!(service.poll("{}").await.ids(), [id]);
    }

    async fn unknown_ids_are_ignored_however_many_and_in_whatever_spelling(database: TestDatabase) {
        let service = TestService::on(database).await;
        let id = service.created().await;
        let mut unknown: Vec<String> = vec![
            id.to_uppercase(), id.replace('-', ""), format!("{{{id}}}"), format!(" {id}"),
            "x".to_owned(), "é".repeat(128), "'; DROP TABLE open_event; --".to_owned(),
        ];
        unknown.extend((0..1_000).map(|n| format!("019b7661-8000-7000-8000-{n:012x}")));
        unknown.extend(vec!["x".to_owned(); 500]);
        let answer = service.poll(&acked(&unknown, 5)).await;
        assert_eq!((answer.status, answer.ids()), (200, vec![id]));
    }

    async fn a_backlog_is_drained_oldest_first_without_loss(database: TestDatabase) {
        let service = TestService::on(database).await;
        let mut created = Vec::new();
        for _ in 0..120 {
            created.push(service.created().await);
        }
        assert_eq!(service.poll(r#"{"maxEvents":1000000000000}"#).await.ids(), created[..100]);
        let (mut drained, mut body) = (Vec::new(), r#"{"maxEvents":7}"#.to_owned());
        loop {
            let answer = service.poll(&body).await;
            let page = answer.ids();
            drained.extend(page.clone());
            assert_eq!(answer.json()["moreAvailable"], drained.len() < created.len());
            if page.is_empty() {
                break;
            }
            body = acked(&page, 7);
        }
        assert_eq!(drained, created);
    }

    async fn events_created_at_once_each_have_their_own_id(database: TestDatabase) {
        let service = TestService::on(database).await;
        let ids = futures_util::future::join_all((0..20).map(|_| service.created())).await;
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 20);
        let waiting = service.poll(r#"{"maxEvents":100}"#).await;
        assert_eq!(waiting.ids().into_iter().collect::<HashSet<_>>(), ids.into_iter().collect());
    }
}

#[actix_web::test]
async fn an_acknowledgement_wins_over_a_report_of_the_same_id() {
    let service = TestService::start().await;
    let id = service.created().await;
    let both = json!({"ack": [&id], "setErrs": {&*id: {"err": "e", "description": "d"}}});
    let answer = service.poll(&both.to_string()).await;
    assert_eq!((answer.status, answer.ids().len()), (200, 0));
}

#[actix_web::test]
async fn the_default_page_has_five_sets() {
    let service = TestService::start().await;
    for _ in 0..6 {
        service.created().await;
    }
    let answer = service.poll("{}").await;
    let body: Value = answer.json();
    assert_eq!((answer.ids().len(), &body["moreAvailable"]), (5, &json!(true)));
    assert!(answer.body.starts_with(r#"{"moreAvailable":true,"sets":{""#));
}

#[actix_web::test]
async fn version_4_returns_the_same_sets() {
    let service = TestService::start().await;
    service.created().await;
    let request = service
        .gateway_post("/open-banking/v4.0/events")
        .header("x-wso2-client-id", CLIENT)
        .header("content-type", "application/json")
        .body("{}");
    let answer = Answer::read(request.send().await.unwrap()).await;
    assert_eq!((answer.status, answer.body), (200, service.poll("{}").await.body));
}
