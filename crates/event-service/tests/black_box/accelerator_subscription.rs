//! `/subscription` of both Accelerator versions, with WSO2's exact texts.

use crate::harness::{Answer, BASIC, CALLBACK, CLIENT, OTHER_CLIENT, TestService, V3, V4};
use serde_json::{Value, json};
use test_kit::TestDatabase;

const UNKNOWN: &str = "5a1b8c7e-0000-4000-8000-000000000001";
const FOREIGN: &str = "Client Id in the request does not match with the client Id associated to \
                       the event subscription";

fn at(base: &str, below: &str) -> String {
    format!("{base}/subscription{below}")
}

async fn created(service: &TestService, client_id: &str, body: &Value) -> String {
    let answer = service.bank_for(client_id, "POST", &at(V3, ""), &body.to_string()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["subscriptionId"].as_str().unwrap().to_owned()
}

test_kit::on_both_databases! {
    async fn a_subscription_is_answered_as_wso2_does(database: TestDatabase) {
        let service = TestService::on(database).await;
        let order = json!({
            "callbackUrl": CALLBACK, "version": "3.1", "eventTypes": ["a", "Ünï\"code"], "more": 1,
        });
        let answer = service.bank("POST", &at(V4, "/"), &order.to_string()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
        let answer = answer.json();
        let id = answer["subscriptionId"].as_str().unwrap();
        let expected = json!({
            "subscriptionId": id, "callbackUrl": CALLBACK, "version": "3.1",
            "eventTypes": ["a", "Ünï\"code"],
        });
        assert_eq!(answer, expected);
        for base in [V3, V4] {
            for below in [format!("/{id}"), format!("/{id}/")] {
                assert_eq!(service.bank("GET", &at(base, &below), "").await.json(), expected);
            }
            for below in ["", "/", "/type/a", "/type/%C3%9Cn%C3%AF%22code"] {
                let listed = service.bank("GET", &at(base, below), "").await;
                assert_eq!((listed.status, listed.json()), (200, json!([expected])), "{below}");
            }
            assert_eq!(service.bank("GET", &at(base, "/type/b"), "").await.json(), json!([]));
        }
        let deleted = service.bank("DELETE", &at(V3, &format!("/{id}")), "").await;
        assert_eq!((deleted.status, deleted.body.as_str()), (204, ""));
        assert_eq!(service.bank("GET", &at(V4, ""), "").await.json(), json!([]));
    }

    async fn a_change_removes_the_callback_url_and_keeps_version_and_types_that_it_leaves_out(database: TestDatabase) {
        let service = TestService::on(database).await;
        let order = json!({"callbackUrl": CALLBACK, "version": "3.1", "eventTypes": ["a", "b"]});
        let id = created(&service, CLIENT, &order).await;
        let path = at(V3, &format!("/{id}"));
        for (body, types) in [
            (json!({"version": "4.0", "eventTypes": []}), json!(["a", "b"])),
            (json!({"version": "4.0"}), json!(["a", "b"])),
            (json!({"eventTypes": ["c"]}), json!(["c"])),
        ] {
            let changed = service.bank("PUT", &path, &body.to_string()).await;
            let expected = json!({"subscriptionId": id, "version": "3.1", "eventTypes": types});
            assert_eq!((changed.status, changed.json()), (200, expected.clone()), "{body}");
            assert_eq!(service.bank("GET", &path, "").await.json(), expected);
        }
    }

    async fn ev_32_ev_20_nobody_touches_or_sees_another_clients_subscription(database: TestDatabase) {
        let service = TestService::on(database).await;
        let id = created(&service, CLIENT, &json!({"eventTypes": ["a"]})).await;
        let other = created(&service, OTHER_CLIENT, &json!({"eventTypes": ["a"]})).await;
        for base in [V3, V4] {
            let path = at(base, &format!("/{id}"));
            for (method, body) in [("GET", ""), ("PUT", r#"{"eventTypes":["x"]}"#), ("DELETE", "")] {
                let foreign = service.bank_for(OTHER_CLIENT, method, &path, body).await;
                foreign.assert_accelerator_error(400, "invalid_request", FOREIGN);
            }
            let mine = json!([{"subscriptionId": other, "eventTypes": ["a"]}]);
            for below in ["", "/type/a"] {
                let listed = service.bank_for(OTHER_CLIENT, "GET", &at(base, below), "").await;
                assert_eq!(listed.json(), mine);
            }
        }
        let kept = service.bank("GET", &at(V3, &format!("/{id}")), "").await.json();
        assert_eq!(kept, json!({"subscriptionId": id, "eventTypes": ["a"]}));
    }

    async fn an_unknown_id_is_400_with_a_full_stop_unless_it_is_deleted(database: TestDatabase) {
        let service = TestService::on(database).await;
        for id in [UNKNOWN, "x", "type"] {
            let path = at(V3, &format!("/{id}"));
            for (method, body, text) in [
                ("GET", "", "Event subscription not found."),
                ("PUT", "{}", "Event subscription not found."),
                ("DELETE", "", "Event subscription not found"),
            ] {
                let answer = service.bank(method, &path, body).await;
                answer.assert_accelerator_error(400, "invalid_request", text);
            }
        }
    }
}

#[actix_web::test]
async fn a_faulty_body_gets_wso2s_texts() {
    let service = TestService::start().await;
    let id = created(&service, CLIENT, &json!({})).await;
    let faulty = ("invalid_request_payload", "Error in the request payload");
    let unparsable = ("invalid_request_payload", "Error while parsing payload");
    let missing = ("missing_request_payload", "missing_Json_request_payload");
    for (body, (error, text)) in [
        ("[]", missing),
        ("\"x\"", missing),
        ("null", missing),
        ("{", unparsable),
        ("{'a':1}", unparsable),
        (r#"{"version":"1","version":"1"}"#, unparsable),
        (r#"{"callbackUrl":1}"#, faulty),
        (r#"{"callbackUrl":"http://tpp.example.com/"}"#, faulty),
        (r#"{"version":3.1}"#, faulty),
        (r#"{"version":"\u0000"}"#, faulty),
        (r#"{"eventTypes":["a","a"]}"#, faulty),
        (r#"{"eventTypes":[""]}"#, faulty),
        (r#"{"eventTypes":["a\u0000"]}"#, faulty),
    ] {
        for (method, below) in [("POST", String::new()), ("PUT", format!("/{id}"))] {
            let answer = service.bank(method, &at(V3, &below), body).await;
            answer.assert_accelerator_error(400, error, text);
        }
    }
    let unreadable = service
        .forwarded(&at(V3, ""))
        .header("authorization", BASIC)
        .header("x-wso2-client_id", CLIENT)
        .header("content-type", "application/json")
        .body(vec![b'{', 0xff, b'}']);
    let answer = Answer::read(unreadable.send().await.unwrap()).await;
    answer.assert_accelerator_error(400, faulty.0, faulty.1);
}

#[actix_web::test]
async fn what_is_no_list_of_types_is_none_and_what_is_no_text_is_passed_over() {
    let service = TestService::start().await;
    for (types, kept) in [
        (json!("a"), json!([])),
        (json!({"a": 1}), json!([])),
        (json!([1, "a", null]), json!(["a"])),
    ] {
        let body = json!({ "eventTypes": types }).to_string();
        let answer = service.bank("POST", &at(V3, ""), &body).await;
        assert_eq!(answer.json()["eventTypes"], kept, "{types}");
    }
}

#[actix_web::test]
async fn header_client_and_media_type_are_asked_for_in_wso2s_words() {
    let service = TestService::start().await;
    for (base, name) in [(V3, "x-wso2-client_id"), (V4, "x-wso2-client-id")] {
        for (method, below) in
            [("GET", ""), ("GET", "/x"), ("GET", "/type/x"), ("DELETE", "/x"), ("PUT", "/x")]
        {
            let request = service
                .forwarded_method(method, &at(base, below))
                .header("authorization", BASIC)
                .header("content-type", "application/json");
            let answer = Answer::read(request.send().await.unwrap()).await;
            let text = format!("Missing header {name}");
            answer.assert_accelerator_error(400, "missing_request_header", &text);
        }
        let unknown = service.bank_for("nobody", "POST", &at(base, ""), "{}").await;
        let text = "Invalid mandatory parameter x-wso2-client-id.";
        unknown.assert_accelerator_error(400, "invalid_request", text);
    }
    let form = service
        .forwarded(&at(V3, ""))
        .header("authorization", BASIC)
        .header("x-wso2-client_id", CLIENT)
        .form(&[("a", "b")]);
    assert_eq!(form.send().await.unwrap().status(), 415);
    let nobody = service.forwarded_method("GET", &at(V3, "")).send().await.unwrap();
    assert_eq!(nobody.status(), 401);
    let patch = service.bank("PATCH", &at(V3, "/x"), "").await;
    assert_eq!((patch.status, patch.header("allow")), (405, "DELETE, GET, PUT"));
}

#[actix_web::test]
async fn a_client_has_no_more_subscriptions_than_configured() {
    let mut setup = crate::harness::Setup::new(TestDatabase::sqlite());
    setup.config.max_subscriptions = 1;
    let service = TestService::with(&setup).await;
    created(&service, CLIENT, &json!({})).await;
    let second = service.bank("POST", &at(V4, ""), "{}").await;
    let text = "Subscription Resource already exists for the client";
    second.assert_accelerator_error(409, "invalid_request", text);
    created(&service, OTHER_CLIENT, &json!({})).await;
}
