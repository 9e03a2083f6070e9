//! The feed of changes, as the other roles follow it.

use crate::support::{Answer, Setup, TestServer, Tpp};
use certificates::ServiceRole;
use futures_util::StreamExt as _;
use jiff::SignedDuration;
use serde_json::{Value, json};
use service_kit::shutdown::Shutdown;
use std::time::Duration;

async fn get(server: &TestServer, path: &str) -> Answer {
    Answer::of(server.role(ServiceRole::Gateway).get(server.internal(path))).await
}

async fn changes(server: &TestServer, query: &str) -> Value {
    let answer = get(server, &format!("/internal/v1/changes{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    without_history(answer.json()).0
}

/// An answer but for its history, and that.
fn without_history(mut answer: Value) -> (Value, String) {
    let history = answer.as_object_mut().unwrap().remove("history").unwrap();
    (answer, history.as_str().unwrap().to_owned())
}

async fn delete(server: &TestServer, id: &str) {
    let url = server.internal(&format!("/internal/v1/clients/{id}"));
    let answer = Answer::of(server.role(ServiceRole::Operator).delete(url)).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
}

/// Asks for the change after `after` in the background; a waiting call is not answered before.
fn waiting(server: &TestServer, after: i64) -> actix_web::rt::task::JoinHandle<Answer> {
    let url = server.internal(&format!("/internal/v1/changes?after={after}&wait=55"));
    let request = server.role(ServiceRole::Gateway).get(url);
    actix_web::rt::spawn(Answer::of(request))
}

/// Waits until calls wait for changes, which only the process itself can tell.
async fn until_waiting(server: &TestServer, calls: usize) {
    while server.key_manager.waiting_for_changes() < calls {
        actix_web::rt::time::sleep(Duration::from_millis(5)).await;
    }
}

#[actix_web::test]
async fn a_call_without_a_position_or_with_a_bad_one_is_refused() {
    let server = TestServer::start().await;
    for query in [
        "",
        "?after=",
        "?after=-1",
        "?after=+1",
        "?after=1.0",
        "?after=x",
        "?after=99999999999999999999",
        "?after=9223372036854775808",
        "?after=0&wait=56",
        "?after=0&wait=-1",
        "?after=0&wait=x",
        "?after=0&wait=",
        "?after=0&wait=1.5",
    ] {
        let answer = get(&server, &format!("/internal/v1/changes{query}")).await;
        answer.assert_problem(400, "invalid_member");
    }
    for query in ["?after=0&after=0", "?after=0&wait=0&wait=0"] {
        let answer = get(&server, &format!("/internal/v1/changes{query}")).await;
        answer.assert_problem(400, "invalid_query");
    }
}

#[actix_web::test]
async fn a_position_past_the_end_is_gone_also_for_those_who_would_wait() {
    let server = TestServer::start().await;
    for query in ["?after=1", "?after=9223372036854775807", "?after=1&wait=55"] {
        let answer = get(&server, &format!("/internal/v1/changes{query}")).await;
        answer.assert_problem(410, "changes_gone");
    }
}

#[actix_web::test]
async fn as_many_calls_wait_as_may_and_the_next_one_is_told_to_come_back() {
    let mut setup = Setup::sqlite();
    setup.config.change_waiters = 1;
    let server = setup.start().await;
    let first = waiting(&server, 0);
    until_waiting(&server, 1).await;
    let answer = get(&server, "/internal/v1/changes?after=0&wait=1").await;
    answer.assert_problem(429, "too_many_waiters");
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(changes(&server, "?after=0").await, json!({ "changes": [], "next": 0 }));
    Tpp::register(&server, "c", &json!({})).await;
    assert_eq!(first.await.unwrap().json()["next"], 1);
}

#[actix_web::test]
async fn a_client_that_is_made_and_deleted_is_two_changes() {
    let server = TestServer::start().await;
    assert_eq!(changes(&server, "?after=0").await, json!({ "changes": [], "next": 0 }));
    Tpp::register(&server, "c", &json!({ "roles": ["PISP", "AISP"] })).await;
    server.setup.clock.advance(SignedDuration::from_secs(7));
    delete(&server, "c").await;
    let created = json!({
        "position": 1, "type": "client_created", "client_id": "c", "status": "active",
        "roles": ["AISP", "PISP"], "tokens_not_before": 1_767_225_600
    });
    let deleted = json!({
        "position": 2, "type": "client_deleted", "client_id": "c", "status": "deleted",
        "roles": [], "tokens_not_before": 1_767_225_607
    });
    assert_eq!(
        changes(&server, "?after=0").await,
        json!({ "changes": [created, deleted], "next": 2 })
    );
    assert_eq!(changes(&server, "?after=1").await, json!({ "changes": [deleted], "next": 2 }));
    assert_eq!(changes(&server, "?after=2&wait=0").await, json!({ "changes": [], "next": 2 }));
}

#[actix_web::test]
async fn what_changes_nothing_is_no_change() {
    let server = TestServer::start().await;
    let tpp = Tpp::register(&server, "c", &json!({})).await;
    assert_eq!(server.register(&tpp.registration()).await.status, 409);
    let url = server.internal("/internal/v1/clients/nobody");
    Answer::of(server.role(ServiceRole::Operator).delete(url)).await;
    assert_eq!(changes(&server, "?after=0").await["next"], 1);
}

#[actix_web::test]
async fn at_most_five_hundred_changes_come_at_once() {
    let server = TestServer::start().await;
    let operator = server.role(ServiceRole::Operator);
    let registration = Tpp::register(&server, "0", &json!({})).await.registration();
    let registering = (1..=500).map(|number| {
        let mut registration = registration.clone();
        registration["client_id"] = json!(number.to_string());
        operator.post(server.internal("/internal/v1/clients")).json(&registration).send()
    });
    let mut registering = futures_util::stream::iter(registering).buffer_unordered(8);
    while let Some(registered) = registering.next().await {
        assert_eq!(registered.unwrap().status(), 201);
    }
    let first = changes(&server, "?after=0&wait=55").await;
    assert_eq!((first["changes"].as_array().unwrap().len(), &first["next"]), (500, &json!(500)));
    let rest = changes(&server, "?after=500").await;
    assert_eq!((rest["changes"].as_array().unwrap().len(), &rest["next"]), (1, &json!(501)));
}

#[actix_web::test]
async fn a_waiting_call_is_answered_empty_when_its_time_is_over() {
    let server = TestServer::start().await;
    assert_eq!(changes(&server, "?after=0&wait=1").await, json!({ "changes": [], "next": 0 }));
}

#[actix_web::test]
async fn waiting_calls_end_when_the_process_stops_and_no_more_wait() {
    let server = TestServer::start().await;
    let shutdown = Shutdown::new();
    let (key_manager, signal) = (server.key_manager.clone(), shutdown.signal());
    let running = actix_web::rt::spawn(async move { key_manager.run(signal).await });
    let calls: Vec<_> = (0..3).map(|_| waiting(&server, 0)).collect();
    until_waiting(&server, 3).await;
    shutdown.trigger();
    running.await.unwrap();
    for call in calls {
        let answer = call.await.unwrap();
        assert_eq!((answer.status, &answer.json()["changes"]), (200, &json!([])));
    }
    get(&server, "/internal/v1/changes?after=0&wait=1").await.assert_problem(503, "stopping");
    assert_eq!(changes(&server, "?after=0").await, json!({ "changes": [], "next": 0 }));
}

test_kit::on_both_databases! {
    async fn waiting_calls_are_told_of_a_change_however_many_wait(database: TestDatabase) {
        let server = Setup::on(&database).start().await;
        let calls: Vec<_> = (0..20).map(|_| waiting(&server, 0)).collect();
        until_waiting(&server, 20).await;
        Tpp::register(&server, "c", &json!({})).await;
        for call in calls {
            let answer = call.await.unwrap();
            assert_eq!(answer.json()["changes"][0]["type"], "client_created");
        }
    }

    async fn a_reader_of_another_history_is_told_to_read_the_state_again(database: TestDatabase) {
        let server = Setup::on(&database).start().await;
        Tpp::register(&server, "c", &json!({})).await;
        let (_, history) = without_history(get(&server, "/internal/v1/state").await.json());
        assert!(history.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        let after = |history: &str| format!("/internal/v1/changes?after=1&history={history}");
        let same = get(&server, &after(&history)).await;
        assert_eq!((same.status, &same.json()["history"]), (200, &json!(history)));
        for other in ["", "other"] {
            get(&server, &after(other)).await.assert_problem(410, "changes_gone");
            let waiting = format!("{}&wait=55", after(other));
            get(&server, &waiting).await.assert_problem(410, "changes_gone");
        }
    }

    async fn a_waiting_call_hears_of_a_change_that_another_replica_made(database: TestDatabase) {
        let setup = Setup::on(&database);
        let (here, there) = (setup.start().await, setup.start().await);
        let calls: Vec<_> = (0..3).map(|_| waiting(&here, 0)).collect();
        until_waiting(&here, 3).await;
        Tpp::register(&there, "c", &json!({})).await;
        for call in calls {
            assert_eq!(call.await.unwrap().json()["next"], 1);
        }
    }

    async fn old_changes_are_forgotten_and_whoever_needs_them_reads_the_state(
        database: TestDatabase
    ) {
        let mut setup = Setup::on(&database);
        setup.config.change_retention_days = 2;
        let server = setup.start().await;
        Tpp::register(&server, "old", &json!({})).await;
        setup.clock.advance(SignedDuration::from_hours(49));
        Tpp::register(&server, "new", &json!({})).await;
        let shutdown = Shutdown::new();
        let (key_manager, signal) = (server.key_manager.clone(), shutdown.signal());
        let running = actix_web::rt::spawn(async move { key_manager.run(signal).await });
        while get(&server, "/internal/v1/changes?after=0").await.status == 200 {
            actix_web::rt::time::sleep(Duration::from_millis(5)).await;
        }
        get(&server, "/internal/v1/changes?after=0").await.assert_problem(410, "changes_gone");
        let (state, _) = without_history(get(&server, "/internal/v1/state").await.json());
        assert_eq!(state, json!({
            "position": 2,
            "clients": [
                {
                    "client_id": "new", "status": "active", "roles": ["AISP", "CBPII", "PISP"],
                    "tokens_not_before": 1_767_225_600 + 49 * 3600
                },
                {
                    "client_id": "old", "status": "active", "roles": ["AISP", "CBPII", "PISP"],
                    "tokens_not_before": 1_767_225_600
                }
            ],
            "revoked_tokens": [],
            "trusted_certificates": []
        }));
        assert_eq!(changes(&server, "?after=1").await["next"], 2);
        shutdown.trigger();
        running.await.unwrap();
    }
}
