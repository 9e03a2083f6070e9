//! Disabling and enabling clients.

use crate::support::{Answer, Setup, TestServer};
use certificates::ServiceRole;
use serde_json::{Value, json};
use test_kit::TestLog;

async fn set(server: &TestServer, id: &str, status: &str) -> Answer {
    let url = server.internal(&format!("/internal/v1/clients/{id}/{status}"));
    Answer::of(server.role(ServiceRole::Operator).post(url)).await
}

async fn changes(server: &TestServer, after: i64) -> Vec<Value> {
    let url = server.internal(&format!("/internal/v1/changes?after={after}"));
    let answer = Answer::of(server.role(ServiceRole::Gateway).get(url)).await;
    answer.json()["changes"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn nobody_can_be_disabled_who_is_not_there() {
    let server = TestServer::start().await;
    for id in ["nobody", "a%20b", "..."] {
        set(&server, id, "disable").await.assert_problem(404, "no_such_client");
        set(&server, id, "enable").await.assert_problem(404, "no_such_client");
    }
    assert!(changes(&server, 0).await.is_empty());
}

#[actix_web::test]
async fn a_disabled_client_gets_no_token_from_the_next_request_on_until_it_is_enabled() {
    let log = TestLog::capture();
    let server = TestServer::start().await;
    let tpp = server.tpp("switched").await;
    tpp.token(&server, &tpp.assertion(&server).sign()).await.assert_token();
    let disabled = set(&server, "switched", "disable").await;
    assert_eq!((disabled.status, &disabled.json()["status"]), (200, &json!("disabled")));
    tpp.token(&server, &tpp.assertion(&server).sign()).await.assert_invalid_client();
    let enabled = set(&server, "switched", "enable").await;
    assert_eq!((enabled.status, &enabled.json()["status"]), (200, &json!("active")));
    tpp.token(&server, &tpp.assertion(&server).sign()).await.assert_token();
    let mut events = log.audit_events("client_id", "switched");
    events.retain(|event| event["event"] == "client_status");
    let outcomes: Vec<_> = events.iter().map(|event| event["outcome"].clone()).collect();
    assert_eq!(outcomes, ["disabled", "enabled"]);
}

#[actix_web::test]
async fn readers_are_told_of_each_change_of_a_status_and_of_nothing_else() {
    let server = TestServer::start().await;
    server.tpp("c").await;
    for status in ["enable", "disable", "disable", "enable", "enable"] {
        assert_eq!(set(&server, "c", status).await.status, 200);
    }
    let told = changes(&server, 1).await;
    let told: Vec<_> = told.iter().map(|change| (&change["type"], &change["status"])).collect();
    assert_eq!(
        told,
        [
            (&json!("client_disabled"), &json!("disabled")),
            (&json!("client_changed"), &json!("active")),
        ]
    );
}

test_kit::on_both_databases! {
    async fn a_client_disabled_at_one_replica_gets_no_token_at_another(database: TestDatabase) {
        let mut setup = Setup::on(&database);
        // Only the change itself can tell.
        setup.config.client_cache_seconds = 3600;
        let (here, there) = (setup.start().await, setup.start().await);
        let _running = there.run();
        let tpp = here.tpp("c").await;
        tpp.token(&there, &tpp.assertion(&there).sign()).await.assert_token();
        set(&here, "c", "disable").await;
        while tpp.token(&there, &tpp.assertion(&there).sign()).await.status == 200 {
            actix_web::rt::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        tpp.token(&there, &tpp.assertion(&there).sign()).await.assert_invalid_client();
    }
}
