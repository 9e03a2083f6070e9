//! `/event-subscriptions` of both releases (obie.md: status codes, rules, headers, error model).

use crate::harness::{
    Answer, CALLBACK, CLIENT, OPEN_BANKING, OTHER_CLIENT, SUBSCRIPTIONS, TestService,
};
use serde_json::{Value, json};

const V4: &str = "/open-banking/v4.0/event-subscriptions";
const UNKNOWN: &str = "5a1b8c7e-0000-4000-8000-000000000001";

fn new() -> String {
    json!({"Data": {"Version": "3.1"}}).to_string()
}

fn change(id: &str, data: Value) -> String {
    let mut data = data;
    data["EventSubscriptionId"] = id.into();
    json!({"Data": data, "Links": {"Self": "https://a"}, "Meta": {}}).to_string()
}

fn at(id: &str) -> String {
    format!("{SUBSCRIPTIONS}/{id}")
}

async fn post(service: &TestService, data: Value) -> Answer {
    service.resource("POST", SUBSCRIPTIONS, &json!({"Data": data}).to_string()).await
}

test_kit::on_both_databases! {
    async fn ev_30_a_second_subscription_of_a_client_is_409(database: TestDatabase) {
        let service = TestService::on(database).await;
        let id = service.subscribed(CLIENT, &json!({"Version": "3.1"})).await;
        let again = service.resource("POST", SUBSCRIPTIONS, &new()).await;
        again.assert_open_banking_error(409, "UK.OBIE.Rules.ResourceAlreadyExists");
        let newer = service.resource("POST", V4, &new()).await;
        assert_eq!(newer.json()["Errors"][0]["ErrorCode"], "U029", "{newer:?}");

        service.subscribed(OTHER_CLIENT, &json!({"Version": "3.1"})).await;
        assert_eq!(service.resource("DELETE", &at(&id), "").await.status, 204);
        service.subscribed(CLIENT, &json!({"Version": "3.1"})).await;
    }

    async fn ev_30_of_two_posts_at_once_one_is_409(database: TestDatabase) {
        let service = TestService::on(database).await;
        let body = new();
        let posts = (0..6).map(|_| service.resource("POST", SUBSCRIPTIONS, &body));
        let mut all: Vec<u16> =
            futures_util::future::join_all(posts).await.iter().map(|one| one.status).collect();
        all.sort_unstable();
        assert_eq!(all, [201, 409, 409, 409, 409, 409]);
    }

    async fn ev_32_ev_20_another_clients_subscription_is_403_and_an_unknown_one_400(database: TestDatabase) {
        let service = TestService::on(database).await;
        let data = json!({"Version": "3.1", "EventTypes": ["UK.OBIE.Resource-Update"]});
        let id = service.subscribed(CLIENT, &data).await;
        let mine = service.resource("GET", SUBSCRIPTIONS, "").await.json();
        let body = change(&id, json!({"Version": "3.1"}));
        for (method, body) in [("PUT", body.as_str()), ("DELETE", "")] {
            let foreign = service.resource_of(OTHER_CLIENT, method, &at(&id), body).await;
            foreign.assert_open_banking_error(403, "UK.OBIE.Resource.NotFound");
        }
        for unknown in [UNKNOWN, "x", &id.to_uppercase(), &"a".repeat(300)] {
            let deleted = service.resource("DELETE", &at(unknown), "").await;
            deleted.assert_open_banking_error(400, "UK.OBIE.Resource.NotFound");
        }
        let body = change(UNKNOWN, json!({"Version": "3.1"}));
        let put = service.resource("PUT", &at(UNKNOWN), &body).await;
        put.assert_open_banking_error(400, "UK.OBIE.Resource.NotFound");

        let others = service.resource_of(OTHER_CLIENT, "GET", SUBSCRIPTIONS, "").await;
        assert_eq!(others.json()["Data"], json!({"EventSubscription": []}));
        assert_eq!(service.resource("GET", SUBSCRIPTIONS, "").await.json(), mine);
    }

    async fn a_subscription_is_answered_listed_changed_and_deleted(database: TestDatabase) {
        let service = TestService::on(database).await;
        let types = json!(["urn:uk:org:openbanking:events:resource-update"]);
        let data = json!({"Version": "3.1", "CallbackUrl": CALLBACK, "EventTypes": types});
        let created = post(&service, data).await;
        assert_eq!(created.status, 201, "{created:?}");
        assert_eq!(created.header("content-type"), "application/json; charset=utf-8");
        let created = created.json();
        let id = created["Data"]["EventSubscriptionId"].as_str().unwrap();
        let subscription = json!({
            "EventSubscriptionId": id, "CallbackUrl": CALLBACK, "Version": "3.1", "EventTypes": types,
        });
        let this = format!("{OPEN_BANKING}{}", at(id));
        assert_eq!(created, json!({"Data": subscription, "Links": {"Self": this}, "Meta": {}}));

        let listed = service.resource("GET", SUBSCRIPTIONS, "").await.json();
        let all = json!({"EventSubscription": [subscription]});
        let this = format!("{OPEN_BANKING}{SUBSCRIPTIONS}");
        assert_eq!(listed, json!({"Data": all, "Links": {"Self": this}, "Meta": {}}));

        let changed = service.resource("PUT", &at(id), &change(id, json!({"Version": "3.1.2"}))).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        let left = json!({"EventSubscriptionId": id, "Version": "3.1.2"});
        assert_eq!(changed.json()["Data"], left);
        let listed = service.resource("GET", SUBSCRIPTIONS, "").await.json();
        assert_eq!(listed["Data"]["EventSubscription"], json!([left]));

        let deleted = service.resource("DELETE", &at(id), "").await;
        assert_eq!((deleted.status, deleted.body.as_str()), (204, ""));
        deleted.header("x-fapi-interaction-id");
        let listed = service.resource("GET", SUBSCRIPTIONS, "").await.json();
        assert_eq!(listed["Data"], json!({"EventSubscription": []}));
    }

    async fn a_newer_release_uses_what_an_older_one_made_and_not_the_other_way_round(database: TestDatabase) {
        let service = TestService::on(database).await;
        let id = service.subscribed(CLIENT, &json!({"Version": "3.1"})).await;
        let seen = service.resource("GET", V4, "").await.json();
        let expected = json!([{"EventSubscriptionId": id, "Version": "3.1"}]);
        assert_eq!(seen["Data"]["EventSubscription"], expected);
        let body = change(&id, json!({"Version": "3.1"}));
        assert_eq!(service.resource("PUT", &format!("{V4}/{id}"), &body).await.status, 200);
        assert_eq!(service.resource("DELETE", &format!("{V4}/{id}"), "").await.status, 204);

        let body = json!({"Data": {"Version": "4.0"}}).to_string();
        let created = service.resource("POST", V4, &body).await.json();
        let id = created["Data"]["EventSubscriptionId"].as_str().unwrap().to_owned();
        let seen = service.resource("GET", SUBSCRIPTIONS, "").await.json();
        assert_eq!(seen["Data"], json!({"EventSubscription": []}));
        let body = change(&id, json!({"Version": "3.1"}));
        for (method, body) in [("PUT", body.as_str()), ("DELETE", "")] {
            let older = service.resource(method, &at(&id), body).await;
            older.assert_open_banking_error(409, "UK.OBIE.Rules.ResourceAlreadyExists");
        }
    }
}

#[actix_web::test]
async fn ev_31_a_callback_url_without_version_and_event_notifications_at_its_end_is_400() {
    let service = TestService::start().await;
    for url in [
        "https://tpp.example.com/event-notifications",
        "https://tpp.example.com/open-banking/3.1/event-notifications",
        "https://tpp.example.com/open-banking/v3.1/event-notifications/",
        "https://tpp.example.com/open-banking/v3.1/event-notifications?a=b",
        "https://tpp.example.com/open-banking/v3.1/notifications",
        "http://tpp.example.com/open-banking/v3.1/event-notifications",
        "not a url/v3.1/event-notifications",
    ] {
        let answer = post(&service, json!({"Version": "3.1", "CallbackUrl": url})).await;
        let path = answer.assert_open_banking_error(400, "UK.OBIE.Field.Invalid");
        assert_eq!(path.as_deref(), Some("Data.CallbackUrl"), "{url}");
    }
}

#[actix_web::test]
async fn an_event_type_that_is_not_supported_is_named_with_the_page_that_lists_the_others() {
    let service = TestService::start().await;
    let data = json!({"Version": "3.1", "EventTypes": ["UK.OBIE.Resource-Update", "own"]});
    let answer = post(&service, data.clone()).await;
    let path = answer.assert_open_banking_error(400, "UK.OBIE.Unsupported.EventType");
    assert_eq!(path.as_deref(), Some("Data.EventTypes[1]"));
    let url = answer.json()["Errors"][0]["Url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("https://"), "{url}");

    let newer = service.resource("POST", V4, &json!({"Data": data}).to_string()).await;
    let error = json!({
        "ErrorCode": "U024", "Message": "The event type is not supported",
        "Path": "Data.EventTypes[1]", "Url": url,
    });
    assert_eq!((newer.status, &newer.json()["Errors"]), (400, &json!([error])));
    assert!(newer.json().get("Code").is_none());
}

#[actix_web::test]
async fn a_version_is_one_with_events_and_not_newer_than_the_api() {
    let service = TestService::start().await;
    for version in ["4.0", "v4.0", "5.0", "1.1", "3", "x", "3.1.2.1"] {
        let answer = post(&service, json!({"Version": version})).await;
        let path = answer.assert_open_banking_error(400, "UK.OBIE.Field.Invalid");
        assert_eq!(path.as_deref(), Some("Data.Version"), "{version}");
    }
    let old = json!({"Version": "3.1.1", "EventTypes": ["UK.OBIE.Consent-Access-Revoked"]});
    let answer = post(&service, old).await;
    let path = answer.assert_open_banking_error(400, "UK.OBIE.Field.Unexpected");
    assert_eq!(path.as_deref(), Some("Data.EventTypes"));
    let body = json!({"Data": {"Version": "3.1"}}).to_string();
    assert_eq!(service.resource("POST", V4, &body).await.status, 201);
}

#[actix_web::test]
async fn a_faulty_body_is_400_with_its_path() {
    let service = TestService::start().await;
    let (format, field) = ("UK.OBIE.Resource.InvalidFormat", "UK.OBIE.Field.Missing");
    for (body, code, path) in [
        ("{", format, None),
        ("\"\\ud800\"", format, None),
        (r#"{"Data":{"Version":"3.1"},"Data":{"Version":"3.1"}}"#, format, None),
        (r#"{"Data":{"Version":"3.1","Version":"3.1"}}"#, format, None),
        ("[]", format, None),
        ("{}", field, Some("Data")),
        (r#"{"Data":{}}"#, field, Some("Data.Version")),
        (r#"{"Data":{"Version":3.1}}"#, format, Some("Data.Version")),
        (r#"{"Data":{"Version":"3.1"},"Risk":{}}"#, format, Some("Risk")),
    ] {
        let answer = service.resource("POST", SUBSCRIPTIONS, body).await;
        assert_eq!(answer.assert_open_banking_error(400, code).as_deref(), path, "{body}");
    }
    let id = service.subscribed(CLIENT, &json!({"Version": "3.1"})).await;
    let other =
        service.resource("PUT", &at(&id), &change(UNKNOWN, json!({"Version": "3.1"}))).await;
    let path = other.assert_open_banking_error(400, "UK.OBIE.Field.Invalid");
    assert_eq!(path.as_deref(), Some("Data.EventSubscriptionId"));
    let large = format!(r#"{{"Data":{{"Version":"{}"}}}}"#, "x".repeat(64 * 1024));
    let large = service.resource("PUT", &at(&id), &large).await;
    large.assert_open_banking_error(413, "UK.OBIE.Resource.InvalidFormat");
}

#[actix_web::test]
async fn headers_without_their_form_are_refused_by_name() {
    let service = TestService::start().await;
    let call = |method: &str| {
        service.gateway_call(method, SUBSCRIPTIONS).header("x-wso2-client-id", CLIENT)
    };
    let (invalid, json) = ("UK.OBIE.Header.Invalid", "application/json");
    for (request, status, path) in [
        (call("POST").body(new()), 415, "Content-Type"),
        (call("POST").body(new()).header("content-type", "text/plain"), 415, "Content-Type"),
        (
            call("POST").body(new()).header("content-type", "application/jose+jwe"),
            415,
            "Content-Type",
        ),
        (
            call("POST").body(new()).header("content-type", json).header("accept", "text/html"),
            406,
            "Accept",
        ),
        (call("GET").header("accept", "application/jose+jwe"), 406, "Accept"),
        (call("GET").header("x-fapi-auth-date", "2026-01-01"), 400, "x-fapi-auth-date"),
        (
            call("GET").header("x-fapi-customer-ip-address", "localhost"),
            400,
            "x-fapi-customer-ip-address",
        ),
    ] {
        let answer = Answer::read(request.send().await.unwrap()).await;
        let found = answer.assert_open_banking_error(status, invalid);
        assert_eq!(found.as_deref(), Some(path));
    }
    let good = call("GET")
        .header("x-fapi-auth-date", "Sun, 10 Sep 2017 19:43:31 UTC")
        .header("x-fapi-customer-ip-address", "2001:db8::1")
        .header("x-idempotency-key", "x".repeat(400))
        .header("x-client-id", "somebody else")
        .header("x-fapi-interaction-id", "93bac548-d2de-4546-b106-880a5018460d");
    let answer = Answer::read(good.send().await.unwrap()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("x-fapi-interaction-id"), "93bac548-d2de-4546-b106-880a5018460d");
}

#[actix_web::test]
async fn an_idempotency_key_is_ignored() {
    let service = TestService::start().await;
    let post = || {
        service
            .gateway_call("POST", SUBSCRIPTIONS)
            .header("x-wso2-client-id", CLIENT)
            .header("x-idempotency-key", "one")
            .header("content-type", "application/json")
            .body(new())
    };
    assert_eq!(post().send().await.unwrap().status(), 201);
    assert_eq!(post().send().await.unwrap().status(), 409);
}

#[actix_web::test]
async fn another_method_is_405_and_another_address_404() {
    let service = TestService::start().await;
    for (method, path, allowed) in [
        ("PUT", SUBSCRIPTIONS.to_owned(), "GET, POST"),
        ("DELETE", SUBSCRIPTIONS.to_owned(), "GET, POST"),
        ("GET", at(UNKNOWN), "DELETE, PUT"),
        ("PATCH", at(UNKNOWN), "DELETE, PUT"),
        ("DELETE", "/open-banking/v4.0/callback-urls".to_owned(), "GET, POST"),
        ("POST", format!("/open-banking/v3.1/callback-urls/{UNKNOWN}"), "DELETE, PUT"),
    ] {
        let answer = service.resource(method, &path, "").await;
        assert_eq!((answer.status, answer.header("allow")), (405, allowed), "{method} {path}");
        answer.header("x-fapi-interaction-id");
    }
    for path in [format!("{SUBSCRIPTIONS}s"), format!("{}/x", at(UNKNOWN))] {
        let answer = service.resource("GET", &path, "").await;
        answer.assert_open_banking_error(404, "UK.OBIE.Resource.NotFound");
    }
}

#[actix_web::test]
async fn a_client_that_is_unknown_or_not_named_is_refused() {
    let service = TestService::start().await;
    let unknown = service.resource_of("nobody", "GET", SUBSCRIPTIONS, "").await;
    unknown.assert_open_banking_error(403, "UK.OBIE.Resource.NotFound");
    let unnamed = service.gateway_call("GET", SUBSCRIPTIONS).send().await.unwrap();
    let path = Answer::read(unnamed).await.assert_open_banking_error(400, "UK.OBIE.Header.Missing");
    assert_eq!(path.as_deref(), Some("x-wso2-client-id"));
}
