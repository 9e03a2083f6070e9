//! Signing keys: sealed, published before their first use, replaced without breaking what waits.

use crate::harness::{CLIENT, EVENT, KeyManagerStandIn, OTHER_CLIENT, Setup, TestService};
use event_service::{StartError, create_signing_key};
use jose::{MasterKey, UnverifiedJws};
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

    async fn a_new_key_signs_from_the_next_start_and_the_old_one_stays_published(database: TestDatabase) {
        let mut setup = Setup::new(database);
        let (stand_in, _running) = key_manager(&setup);
        setup.key_manager = Some(stand_in.clone());
        let first = TestService::with(&setup).await;
        let old = first.created().await;
        drop(first);
        let clock: SharedClock = setup.clock.clone();
        let database = setup.open_database().await;
        let kid = create_signing_key(&database, &setup.master_key, &clock).await.unwrap();

        let second = TestService::with(&setup).await;
        let new = second.created().await;
        let kids: Vec<String> = stand_in.published().into_iter().map(|(kid, _)| kid).collect();
        assert_eq!((kids[0] == kids[1], &kids[2]), (true, &kid));
        let sets = second.poll("{}").await.json()["sets"].clone();
        for (id, key, verifies) in [(&new, 2, true), (&old, 1, true), (&old, 2, false)] {
            let jwk = stand_in.published()[key].1["jwk"].to_string();
            let key = jose::VerificationKey::from_jwk(&jwk).unwrap();
            let set = UnverifiedJws::parse(sets[id].as_str().unwrap(), 65536).unwrap();
            assert_eq!(set.verify(&key).is_ok(), verifies);
        }
    }
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
