//! New token keys: published before they sign, the same on every replica, kept as long as needed.

use crate::support::{Answer, Setup, TestServer, Tpp};
use certificates::ServiceRole;
use jiff::SignedDuration;
use jose::{KeySet, UnverifiedJws};
use key_manager::TokenSigningAlgorithm;
use serde_json::{Value, json};
use service_kit::shutdown::Shutdown;
use std::time::Duration;
use test_kit::TestDatabase;

const PATH: &str = "/internal/v1/token-keys/rotate";

/// A server's background work; ends when dropped.
struct Running(Shutdown);

impl Running {
    fn start(server: &TestServer) -> Self {
        let shutdown = Shutdown::new();
        let (key_manager, signal) = (server.key_manager.clone(), shutdown.signal());
        actix_web::rt::spawn(async move { key_manager.run(signal).await });
        Self(shutdown)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.trigger();
    }
}

async fn rotate(server: &TestServer, body: &str) -> Answer {
    let operator = server.role(ServiceRole::Operator);
    Answer::of(operator.post(server.internal(PATH)).body(body.to_owned())).await
}

/// The `kid` of the key that a rotation made.
async fn rotated(server: &TestServer) -> String {
    let answer = rotate(server, "").await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["kid"].as_str().unwrap().to_owned()
}

async fn key_ids(server: &TestServer) -> Vec<String> {
    let document = server.get("/oauth2/jwks").await.json();
    let keys = document["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// Waits until the key set of `server` has `count` keys.
async fn until_published(server: &TestServer, count: usize) -> Vec<String> {
    loop {
        let keys = key_ids(server).await;
        if keys.len() == count {
            return keys;
        }
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
}

fn seconds(setup: &Setup, seconds: i64) {
    setup.clock.advance(SignedDuration::from_secs(seconds));
}

#[actix_web::test]
async fn only_the_operator_rotates_and_bad_requests_make_no_key() {
    let server = TestServer::start().await;
    for role in [ServiceRole::Gateway, ServiceRole::EventService] {
        let answer = Answer::of(server.role(role).post(server.internal(PATH))).await;
        answer.assert_problem(403, "forbidden");
    }
    for body in [
        "null",
        "[]",
        "{",
        r#"{"publication":5}"#,
        r#"{"publication_seconds":4}"#,
        r#"{"publication_seconds":86401}"#,
        r#"{"publication_seconds":-5}"#,
        r#"{"publication_seconds":9223372036854775807}"#,
        r#"{"publication_seconds":5.5}"#,
        r#"{"publication_seconds":"5"}"#,
        r#"{"publication_seconds":5,"publication_seconds":5}"#,
    ] {
        rotate(&server, body).await.assert_problem(400, "invalid_member");
    }
    assert_eq!(key_ids(&server).await.len(), 1);
}

test_kit::on_both_databases! {
    async fn a_new_key_is_published_at_once_and_signs_two_minutes_later(database: TestDatabase) {
        let setup = Setup::on(&database);
        let server = setup.start().await;
        let tpp = server.tpp("client-1").await;
        let old = tpp.key_id_of_token(&server).await;
        let answer = rotate(&server, "{}").await;
        assert_eq!(answer.json()["signs_from"], "2026-01-01T00:02:00Z");
        let new = answer.json()["kid"].as_str().unwrap().to_owned();
        assert_eq!(key_ids(&server).await, [new.clone(), old.clone()]);
        seconds(&setup, 119);
        assert_eq!(tpp.key_id_of_token(&server).await, old);
        seconds(&setup, 1);
        assert_eq!(tpp.key_id_of_token(&server).await, new);
    }

    async fn a_shorter_publication_must_be_asked_for(database: TestDatabase) {
        let setup = Setup::on(&database);
        let server = setup.start().await;
        let tpp = server.tpp("client-1").await;
        let old = tpp.key_id_of_token(&server).await;
        let answer = rotate(&server, r#"{"publication_seconds":5}"#).await;
        assert_eq!(answer.json()["signs_from"], "2026-01-01T00:00:05Z");
        seconds(&setup, 4);
        assert_eq!(tpp.key_id_of_token(&server).await, old);
        seconds(&setup, 1);
        assert_eq!(answer.json()["kid"], tpp.key_id_of_token(&server).await);
    }

    async fn keys_made_one_after_the_other_sign_in_that_order(database: TestDatabase) {
        let setup = Setup::on(&database);
        let server = setup.start().await;
        let tpp = server.tpp("client-1").await;
        let first = rotated(&server).await;
        let hurried = rotate(&server, r#"{"publication_seconds":5}"#).await.json();
        seconds(&setup, 119);
        assert_ne!(tpp.key_id_of_token(&server).await, first);
        seconds(&setup, 2);
        assert_eq!(hurried["kid"], tpp.key_id_of_token(&server).await);
    }

    /// AS-34.
    async fn as_34_an_old_key_stays_until_its_last_token_has_expired_and_no_longer(
        database: TestDatabase
    ) {
        let setup = Setup::on(&database);
        let server = setup.start().await;
        let old = key_ids(&server).await.remove(0);
        let new = rotated(&server).await;
        // Publication, lifetime, skew, margin.
        seconds(&setup, 120 + 3600 + 30 + 3600);
        let running = Running::start(&server);
        let tpp = server.tpp("client-1").await;
        assert_eq!(tpp.key_id_of_token(&server).await, new);
        assert_eq!(key_ids(&server).await, [new.clone(), old]);
        drop(running);
        seconds(&setup, 1);
        let _running = Running::start(&server);
        assert_eq!(until_published(&server, 1).await, [&*new]);
        assert_eq!(tpp.key_id_of_token(&server).await, new);
    }

    async fn a_key_is_replaced_when_it_is_ninety_days_old_and_not_before(database: TestDatabase) {
        let setup = Setup::on(&database);
        let server = setup.start().await;
        setup.clock.advance(SignedDuration::from_hours(90 * 24));
        seconds(&setup, -1);
        let running = Running::start(&server);
        server.tpp("client-1").await;
        assert_eq!(key_ids(&server).await.len(), 1);
        drop(running);
        seconds(&setup, 1);
        let _running = Running::start(&server);
        until_published(&server, 2).await;
    }

    async fn a_restart_before_its_time_changes_nothing_about_a_key(database: TestDatabase) {
        let setup = Setup::on(&database);
        let server = setup.start().await;
        let tpp = server.tpp("client-1").await;
        let old = tpp.key_id_of_token(&server).await;
        let new = rotated(&server).await;
        server.stop().await;
        let server = setup.start().await;
        seconds(&setup, 119);
        assert_eq!(tpp.key_id_of_token(&server).await, old);
        server.stop().await;
        seconds(&setup, 1);
        let server = setup.start().await;
        assert_eq!(tpp.key_id_of_token(&server).await, new);
        assert_eq!(key_ids(&server).await, [new, old]);
    }

    async fn a_published_key_is_seen_by_a_reading_that_began_before_it(database: TestDatabase) {
        let server = Setup::on(&database).start().await;
        for _ in 0..5 {
            let reading = server.get("/oauth2/jwks");
            let (new, _) = futures_util::join!(rotated(&server), reading);
            assert_eq!(key_ids(&server).await[0], new);
        }
    }
}

#[test]
fn replicas_sign_with_the_same_key_at_the_same_time_and_publish_it_before() {
    let Some(database) = TestDatabase::postgres() else { return };
    test_kit::run_test(async move {
        let setup = Setup::on(&database);
        let replicas = [setup.start().await, setup.start().await];
        let _running = replicas.each_ref().map(Running::start);
        let tpp = replicas[0].tpp("client-1").await;
        let old = tpp.key_id_of_token(&replicas[0]).await;
        let new = rotated(&replicas[0]).await;
        until_published(&replicas[1], 2).await;
        seconds(&setup, 119);
        for replica in &replicas {
            assert_eq!(tpp.key_id_of_token(replica).await, old);
        }
        until_taken_in(&replicas[1], &tpp, &setup, &new).await;
        for replica in &replicas {
            assert_eq!(tpp.key_id_of_token(replica).await, new);
        }
    });
}

/// Moves the clock past the activation and waits until `replica` signs with `kid`; every token
/// until then is good for the key set that this replica shows.
async fn until_taken_in(replica: &TestServer, tpp: &Tpp, setup: &Setup, kid: &str) {
    loop {
        seconds(setup, 1);
        let answer = tpp.token(replica, &tpp.assertion(replica).sign()).await.json();
        let jws = UnverifiedJws::parse(answer["access_token"].as_str().unwrap(), 8192).unwrap();
        let document: Value = replica.get("/oauth2/jwks").await.json();
        let keys = KeySet::parse(&document.to_string()).unwrap();
        let signed_by = jws.header().key_id.clone();
        jws.verify_with_set(&keys).unwrap();
        if signed_by.as_deref() == Some(kid) {
            return;
        }
        actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    }
}

#[test]
fn of_replicas_whose_key_has_come_of_age_one_makes_the_next() {
    let Some(database) = TestDatabase::postgres() else { return };
    test_kit::run_test(async move {
        let setup = Setup::on(&database);
        let replicas = [setup.start().await, setup.start().await, setup.start().await];
        setup.clock.advance(SignedDuration::from_hours(90 * 24));
        let _running = replicas.each_ref().map(Running::start);
        for replica in &replicas {
            until_published(replica, 2).await;
        }
        // A key takes its maker less time than these registrations take.
        for (n, replica) in replicas.iter().enumerate() {
            replica.tpp(&format!("client-{n}")).await;
            assert_eq!(key_ids(replica).await.len(), 2);
        }
    });
}

#[test]
fn rotations_at_the_same_moment_each_make_a_key() {
    let Some(database) = TestDatabase::postgres() else { return };
    test_kit::run_test(async move {
        let setup = Setup::on(&database);
        let replicas = [setup.start().await, setup.start().await];
        let (one, two) = futures_util::join!(rotated(&replicas[0]), rotated(&replicas[1]));
        assert_ne!(one, two);
        until_published(&replicas[0], 3).await;
    });
}

#[actix_web::test]
async fn keys_of_every_algorithm_rotate() {
    for algorithm in
        [TokenSigningAlgorithm::Es256, TokenSigningAlgorithm::Ps256, TokenSigningAlgorithm::Rs256]
    {
        let mut setup = Setup::sqlite();
        setup.config.token_signing_alg = algorithm;
        let server = setup.start().await;
        let tpp = server.tpp("client-1").await;
        let new = rotated(&server).await;
        seconds(&setup, 120);
        assert_eq!(tpp.key_id_of_token(&server).await, new);
        assert_eq!(json!(algorithm), server.get("/oauth2/jwks").await.json()["keys"][0]["alg"]);
    }
}

#[actix_web::test]
async fn the_key_set_is_never_cached_for_as_long_as_a_key_waits() {
    let mut setup = Setup::sqlite();
    setup.config.key_publication_seconds = 5;
    let server = setup.start().await;
    let answer = server.get("/oauth2/jwks").await;
    assert_eq!(answer.header("cache-control"), "public, max-age=2");
}
