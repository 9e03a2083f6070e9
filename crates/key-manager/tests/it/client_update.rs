//! An operator changes clients.

use crate::support::{Answer, Setup, TestServer, Tpp};
use certificates::ServiceRole;
use serde_json::{Value, json};
use test_kit::TestLog;

pub(crate) async fn put(server: &TestServer, id: &str, body: &Value) -> Answer {
    let url = server.internal(&format!("/internal/v1/clients/{id}"));
    Answer::of(server.role(ServiceRole::Operator).put(url).json(body)).await
}

async fn shown(server: &TestServer, id: &str) -> Value {
    let url = server.internal(&format!("/internal/v1/clients/{id}"));
    Answer::of(server.role(ServiceRole::Operator).get(url)).await.json()
}

pub(crate) async fn changes(server: &TestServer, after: i64) -> Vec<Value> {
    let url = server.internal(&format!("/internal/v1/changes?after={after}"));
    let answer = Answer::of(server.role(ServiceRole::Gateway).get(url)).await;
    answer.json()["changes"].as_array().unwrap().clone()
}

async fn token(server: &TestServer, tpp: &Tpp) -> Answer {
    tpp.token(server, &tpp.assertion(server).sign()).await
}

#[actix_web::test]
async fn a_change_at_fault_is_refused_by_the_name_of_its_field_and_changes_nothing() {
    let server = TestServer::start().await;
    let tpp = server.tpp("c").await;
    let before = shown(&server, "c").await;
    for (field, value) in [
        ("client_id", json!("d")),
        ("roles", json!(["ASPSP"])),
        ("roles", json!(null)),
        ("jwks", json!(null)),
        ("token_endpoint_auth_signing_alg", json!("none")),
        ("assertion_lifetime_cap_seconds", json!(0)),
        ("allow_audience_array", json!("yes")),
        ("status", json!("disabled")),
        ("tokens_not_before", json!(0)),
        ("client_secret", json!("x")),
    ] {
        let mut body = tpp.registration();
        body[field] = value;
        let answer = put(&server, "c", &body).await;
        answer.assert_problem(400, "invalid_member");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with(&format!("{field}: ")), "{detail}");
    }
    for id in ["nobody", "a%20b", "..."] {
        put(&server, id, &tpp.registration()).await.assert_problem(404, "no_such_client");
    }
    let url = server.internal("/internal/v1/clients/c");
    let gateway = server.role(ServiceRole::Gateway);
    assert_eq!(Answer::of(gateway.put(url).json(&tpp.registration())).await.status, 403);
    assert_eq!(shown(&server, "c").await, before);
    assert!(changes(&server, 1).await.is_empty());
}

#[actix_web::test]
async fn what_is_registered_is_replaced_and_status_id_and_time_of_registration_stay() {
    let log = TestLog::capture();
    let server = TestServer::start().await;
    let tpp = server.tpp("replaced").await;
    let disable = server.internal("/internal/v1/clients/replaced/disable");
    Answer::of(server.role(ServiceRole::Operator).post(disable)).await;
    server.setup.clock.advance(jiff::SignedDuration::from_hours(1));
    let body = json!({
        "roles": ["PISP"], "scopes": ["payments"], "jwks": { "keys": [tpp.key.public_jwk(None)] },
        "assertion_lifetime_cap_seconds": 60, "allow_audience_array": true, "resource_server": true
    });
    let answer = put(&server, "replaced", &body).await;
    let mut expected = body.clone();
    expected["client_id"] = json!("replaced");
    expected["status"] = json!("disabled");
    expected["token_endpoint_auth_method"] = json!("private_key_jwt");
    expected["tokens_not_before"] = json!(1_767_225_600);
    assert_eq!((answer.status, answer.json()), (200, expected.clone()));
    assert_eq!(shown(&server, "replaced").await, expected);
    let told = changes(&server, 2).await;
    assert_eq!((&told[0]["type"], &told[0]["roles"]), (&json!("client_changed"), &json!(["PISP"])));
    // The same again is no change.
    assert_eq!(put(&server, "replaced", &body).await.status, 200);
    assert_eq!(changes(&server, 2).await.len(), 1);
    let events = log.audit_events("client_id", "replaced");
    assert!(events.iter().any(|event| event["event"] == "client_update"));
}

#[actix_web::test]
async fn a_secret_is_kept_is_drawn_for_a_client_that_had_none_and_goes_with_its_method() {
    let server = TestServer::start().await;
    let method = |method: &str| json!({ "roles": [], "token_endpoint_auth_method": method });
    let mut with_secret = method("client_secret");
    with_secret["client_id"] = json!("c");
    let registered = server.register(&with_secret).await.json();
    assert!(registered["client_secret"].is_string());
    let kept = put(&server, "c", &with_secret).await;
    assert_eq!((kept.status, kept.json().get("client_secret")), (200, None));
    let mut by_subject = method("tls_client_auth");
    by_subject["tls_client_auth_subject_dn"] = json!("CN=c");
    assert_eq!(put(&server, "c", &by_subject).await.status, 200);
    let drawn = put(&server, "c", &with_secret).await;
    assert_eq!(drawn.header("cache-control"), "no-store");
    let drawn = drawn.json()["client_secret"].as_str().unwrap().to_owned();
    assert_ne!(registered["client_secret"], drawn);
}

test_kit::on_both_databases! {
    async fn a_client_changed_at_one_replica_is_changed_at_another(database: TestDatabase) {
        let mut setup = Setup::on(&database);
        // Only the change itself can tell.
        setup.config.client_cache_seconds = 3600;
        let (here, there) = (setup.start().await, setup.start().await);
        let _running = there.run();
        let tpp = here.tpp("c").await;
        token(&there, &tpp).await.assert_token();
        let mut body = tpp.registration();
        body["assertion_lifetime_cap_seconds"] = json!(1);
        assert_eq!(put(&here, "c", &body).await.status, 200);
        token(&here, &tpp).await.assert_invalid_client();
        while token(&there, &tpp).await.status == 200 {
            actix_web::rt::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        token(&there, &tpp).await.assert_invalid_client();
    }

    async fn of_changes_at_once_each_is_whole_and_told(database: TestDatabase) {
        let server = Setup::on(&database).start().await;
        let tpp = server.tpp("c").await;
        let bodies: Vec<_> = (1..=8)
            .map(|cap| {
                let mut body = tpp.registration();
                body["assertion_lifetime_cap_seconds"] = json!(cap);
                body["scopes"] = json!([format!("scope{cap}")]);
                body
            })
            .collect();
        let answers = futures_util::future::join_all(
            bodies.iter().map(|body| put(&server, "c", body))
        ).await;
        let done = answers.iter().filter(|answer| answer.status == 200).count();
        for refused in answers.iter().filter(|answer| answer.status != 200) {
            refused.assert_problem(409, "client_changed");
        }
        assert_eq!(changes(&server, 1).await.len(), done);
        let after = shown(&server, "c").await;
        let cap = &after["assertion_lifetime_cap_seconds"];
        assert_eq!(after["scopes"], json!([format!("scope{cap}")]));
    }
}
