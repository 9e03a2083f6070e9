//! Signing keys: sealed, published before their first use, replaced without breaking what waits.

use crate::harness::{
    CLIENT, EVENT, KeyManagerStandIn, OTHER_CLIENT, ROTATE, Setup, TestService, signed_by,
};
use certificates::ServiceRole;
use event_service::{StartError, create_signing_key};
use jiff::SignedDuration;
use jose::MasterKey;
use service_kit::SharedClock;
use service_kit::shutdown::Shutdown;
use std::sync::Arc;
use test_kit::TestDatabase;

/// A key manager that outlives the services under test.
fn key_manager(setup: &Setup) -> (KeyManagerStandIn, Shutdown) {
    let shutdown = Shutdown::new();
    let stand_in = KeyManagerStandIn::start(&setup.pki, &setup.clock, shutdown.signal());
    stand_in.set_client(CLIENT, "active");
    stand_in.set_client(OTHER_CLIENT, "active");
    (stand_in, shutdown)
}

#[actix_web::test]
async fn a_start_without_a_key_that_may_not_create_one_names_the_command() {
    let setup = Setup { create_keys: false, ..Setup::new(TestDatabase::sqlite()) };
    let refused = setup.assemble("https://localhost:1").await.unwrap_err();
    assert!(matches!(refused, StartError::SigningKey(_)));
    assert!(refused.to_string().contains("lombard keys new"), "{refused}");
}

#[actix_web::test]
async fn another_master_key_stops_the_start() {
    let mut setup = Setup::new(TestDatabase::sqlite());
    setup.assemble("https://localhost:1").await.unwrap();
    setup.master_key = Arc::new(MasterKey::generate());
    let refused = setup.assemble("https://localhost:1").await.unwrap_err();
    assert!(refused.to_string().contains("cannot be opened"), "{refused}");
}

#[actix_web::test]
async fn nothing_is_signed_and_the_service_not_ready_before_the_key_is_published() {
    let mut setup = Setup::new(TestDatabase::sqlite());
    let (stand_in, _running) = key_manager(&setup);
    setup.key_manager = Some(stand_in.clone());
    stand_in.refuse_publications(true);
    let service = TestService::not_ready(&setup).await;
    let refused = service.create(EVENT).await;
    assert_eq!((refused.status, &refused.json()["error"]), (503, &"invalid_request".into()));
    assert!(service.readiness.closed().iter().any(|(gate, _)| *gate == "event-service-keys"));
    assert_eq!(service.poll("{}").await.status, 200);

    stand_in.refuse_publications(false);
    service.ready().await;
    service.created().await;
}

#[actix_web::test]
async fn the_published_key_is_public_and_kept_for_ninety_days() {
    let service = TestService::start().await;
    let (kid, body) = service.key_manager.published().remove(0);
    let jwk = body["jwk"].as_object().unwrap();
    assert_eq!(jwk["kid"], kid);
    assert_eq!(
        (&jwk["kty"], &jwk["use"], &jwk["alg"]),
        (&"RSA".into(), &"sig".into(), &"RS256".into())
    );
    for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        assert!(!jwk.contains_key(private), "{private}");
    }
    assert_eq!(body["retain_until"], "2026-04-01T00:00:00Z");
}

test_kit::on_both_databases! {
    async fn a_restart_signs_with_the_same_key_and_publishes_it_again(database: TestDatabase) {
        let mut setup = Setup::new(database);
        let (stand_in, _running) = key_manager(&setup);
        setup.key_manager = Some(stand_in.clone());
        TestService::with(&setup).await;
        TestService::with(&setup).await;
        let published = stand_in.published();
        assert_eq!(published.len(), 2);
        assert_eq!(published[0], published[1]);
    }

    async fn a_published_key_signs_after_a_restart_without_the_key_manager(database: TestDatabase) {
        let mut setup = Setup::new(database);
        let (stand_in, _running) = key_manager(&setup);
        setup.key_manager = Some(stand_in.clone());
        TestService::with(&setup).await.created().await;
        stand_in.set_away(true);
        let alone = TestService::not_ready(&setup).await;
        alone.created().await;
        assert!(!alone.readiness.closed().is_empty());
    }

    async fn a_new_key_takes_over_two_minutes_after_it_was_published(database: TestDatabase) {
        let service = TestService::on(database).await;
        let old = service.created().await;
        let answer = service.rotate("").await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.json()["signs_from"], "2026-01-01T00:02:00Z");
        let published = service.key_manager.published();
        assert_eq!(answer.json()["kid"], published.last().unwrap().0);
        service.clock.advance(SignedDuration::from_secs(119));
        let still_old = service.created().await;
        service.clock.advance(SignedDuration::from_secs(1));
        let new = service.created().await;
        let sets = service.poll("{}").await.json()["sets"].clone();
        let keys: Vec<_> =
            [&old, &still_old, &new].iter().map(|id| signed_by(&sets[*id], &published)).collect();
        assert_eq!(keys[0], keys[1]);
        assert_eq!(keys[2], published.last().unwrap().0);
        assert_ne!(keys[0], keys[2]);
    }

    async fn a_key_made_by_command_takes_over_in_a_service_that_runs(database: TestDatabase) {
        let setup = Setup::new(database);
        let service = TestService::with(&setup).await;
        let clock: SharedClock = setup.clock.clone();
        let database = setup.open_database().await;
        let kid = create_signing_key(&database, &setup.master_key, &clock).await.unwrap();
        service.until_published(&kid).await;
        setup.clock.advance(SignedDuration::from_secs(120));
        service.until_signed_by(&kid).await;
    }

    async fn without_the_key_manager_the_old_key_goes_on_signing(database: TestDatabase) {
        let service = TestService::on(database).await;
        let old = service.key_manager.published()[0].0.clone();
        service.key_manager.refuse_publications(true);
        let answer = service.rotate("").await;
        assert_eq!((answer.status, answer.json().get("signs_from")), (202, None), "{answer:?}");
        let kid = answer.json()["kid"].as_str().unwrap().to_owned();
        service.clock.advance(SignedDuration::from_hours(1));
        assert_eq!(service.signing_key().await, old);
        service.key_manager.refuse_publications(false);
        service.until_published(&kid).await;
        assert_eq!(service.signing_key().await, old);
        service.clock.advance(SignedDuration::from_secs(120));
        service.until_signed_by(&kid).await;
    }

    async fn an_old_key_is_published_until_its_last_set_was_taken_and_ninety_days_more(
        database: TestDatabase
    ) {
        let setup = Setup::new(database);
        let service = TestService::with(&setup).await;
        let waiting = service.created().await;
        let old = service.key_manager.published()[0].0.clone();
        service.rotate("").await;
        service.clock.advance(SignedDuration::from_hours(24));
        service.rotate("").await;
        assert_eq!(service.key_manager.retained_until(&old), "2026-04-02T00:00:00Z");
        let acknowledgement = serde_json::json!({ "ack": [waiting] }).to_string();
        assert_eq!(service.poll(&acknowledgement).await.status, 200);
        service.rotate("").await;
        // Ninety days after the successor began to sign.
        assert_eq!(service.key_manager.retained_until(&old), "2026-04-01T00:02:00Z");
        service.clock.advance(SignedDuration::from_hours(89 * 24));
        service.rotate("").await;
        assert_eq!(service.key_manager.retained_until(&old), "2026-04-01T00:02:00Z");
        service.clock.advance(SignedDuration::from_hours(24));
        let before = service.key_manager.published().len();
        service.rotate("").await;
        let after = service.key_manager.published().split_off(before);
        assert!(after.iter().all(|(kid, _)| *kid != old));
    }

    async fn a_key_is_replaced_when_it_is_ninety_days_old_and_not_before(database: TestDatabase) {
        let setup = Setup::new(database);
        let (stand_in, _running) = key_manager(&setup);
        let setup = Setup { key_manager: Some(stand_in.clone()), ..setup };
        let service = TestService::with(&setup).await;
        setup.clock.advance(SignedDuration::from_hours(90 * 24) - SignedDuration::from_secs(1));
        service.rotated_by_calendar(false).await;
        setup.clock.advance(SignedDuration::from_secs(1));
        service.rotated_by_calendar(true).await;
    }
}

#[test]
fn of_replicas_whose_key_has_come_of_age_one_makes_the_next() {
    let Some(database) = TestDatabase::postgres() else { return };
    test_kit::run_test(async move {
        let mut setup = Setup::new(database);
        let (stand_in, _running) = key_manager(&setup);
        setup.key_manager = Some(stand_in.clone());
        let replicas = [TestService::with(&setup).await, TestService::with(&setup).await];
        setup.clock.advance(SignedDuration::from_hours(90 * 24));
        for replica in &replicas {
            replica.rotated_by_calendar(true).await;
            replica.rotated_by_calendar(true).await;
        }
        assert_eq!(stand_in.key_ids().len(), 2);
        setup.clock.advance(SignedDuration::from_secs(120));
        let keys = [replicas[0].signing_key().await, replicas[1].signing_key().await];
        assert_eq!(keys[0], keys[1]);
    });
}

#[actix_web::test]
async fn a_clock_that_was_set_back_does_not_stop_signing() {
    let setup = Setup::new(TestDatabase::sqlite());
    let service = TestService::with(&setup).await;
    let kid = service.signing_key().await;
    setup.clock.advance(SignedDuration::from_hours(-24));
    assert_eq!(service.signing_key().await, kid);
}

#[actix_web::test]
async fn only_the_operator_rotates_and_bad_requests_make_no_key() {
    let service = TestService::start().await;
    for role in [ServiceRole::Gateway, ServiceRole::KeyManager] {
        let url = format!("{}{ROTATE}", service.base);
        let answer = service.as_role(Some(role)).post(url).send().await.unwrap();
        assert_eq!(answer.status(), 403);
    }
    for body in [
        "null",
        "{",
        "[]",
        r#"{"publication":5}"#,
        r#"{"publication_seconds":4}"#,
        r#"{"publication_seconds":86401}"#,
        r#"{"publication_seconds":"5"}"#,
        r#"{"publication_seconds":5,"publication_seconds":5}"#,
    ] {
        let answer = service.rotate(body).await;
        let problem = answer.json()["type"].clone();
        assert_eq!((answer.status, problem), (400, "urn:lombard:problem:invalid_member".into()));
    }
    assert_eq!(service.key_manager.key_ids().len(), 1);
}

#[actix_web::test]
async fn background_work_ends_when_it_is_told_to_stop() {
    let setup = Setup::new(TestDatabase::sqlite());
    let service = setup.assemble("https://localhost:1").await.unwrap();
    let shutdown = Shutdown::new();
    let running = service.run(shutdown.signal());
    shutdown.trigger();
    running.await;
}
