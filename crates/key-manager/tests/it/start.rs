//! Starting, and the work in the background.

use crate::support::{Setup, TestServer};
use jiff::SignedDuration;
use jose::{Algorithm, MasterKey};
use key_manager::{KeyManager, StartError};
use service_kit::health::Readiness;
use service_kit::shutdown::Shutdown;
use std::sync::Arc;
use std::time::Duration;

#[actix_web::test]
async fn a_start_that_may_not_create_names_the_command_that_does() {
    let setup = Setup { create: false, ..Setup::sqlite() };
    let error = setup.key_manager(&Readiness::default()).await.unwrap_err();
    assert!(matches!(error, StartError::NoTokenKey { algorithm: Algorithm::Rs256 }));
    assert!(error.to_string().contains("`lombard keys new`"));
    KeyManager::create_token_key(setup.token_key_maker().await).await.unwrap();
    setup.key_manager(&Readiness::default()).await.unwrap();
}

#[test]
fn every_setting_has_a_default_and_a_line_of_help() {
    insta::assert_snapshot!(
        "configuration",
        service_kit::config::reference::<key_manager::Config>()
    );
}

#[actix_web::test]
async fn a_setting_that_cannot_be_meant_stops_the_start_by_its_name() {
    let mut setup = Setup::sqlite();
    setup.config.common_scopes = vec!["two scopes".to_owned()];
    let error = setup.key_manager(&Readiness::default()).await.unwrap_err();
    assert!(error.to_string().starts_with("key_manager.common_scopes "), "{error}");
    let mut setup = Setup::sqlite();
    setup.config.token_lifetime_seconds = 0;
    let error = setup.key_manager(&Readiness::default()).await.unwrap_err();
    assert!(error.to_string().starts_with("key_manager.token_lifetime_seconds "), "{error}");
    let mut setup = Setup::sqlite();
    setup.config.key_publication_seconds = 4;
    let error = setup.key_manager(&Readiness::default()).await.unwrap_err();
    assert!(error.to_string().starts_with("key_manager.key_publication_seconds "), "{error}");
}

#[actix_web::test]
async fn keys_sealed_under_another_master_key_stop_the_start() {
    let setup = Setup::sqlite();
    setup.key_manager(&Readiness::default()).await.unwrap();
    let other = Setup { master_key: Arc::new(MasterKey::generate()), ..setup };
    let error = other.key_manager(&Readiness::default()).await.unwrap_err();
    assert!(error.to_string().contains("another master key"), "{error}");
}

#[actix_web::test]
async fn tokens_keep_their_key_across_a_restart_and_a_new_key_takes_over_in_its_time() {
    let setup = Setup::sqlite();
    let server = setup.start().await;
    let before = server.get("/oauth2/jwks").await.json();
    server.stop().await;
    let server = setup.start().await;
    assert_eq!(server.get("/oauth2/jwks").await.json(), before);
    let kid = KeyManager::create_token_key(setup.token_key_maker().await).await.unwrap();
    server.stop().await;
    let server = setup.start().await;
    let after = server.get("/oauth2/jwks").await.json();
    assert_eq!(after["keys"][0]["kid"], kid);
    assert_eq!(after["keys"][1], before["keys"][0]);
    let tpp = server.tpp("client-1").await;
    let old = before["keys"][0]["kid"].as_str().unwrap();
    assert_eq!(tpp.key_id_of_token(&server).await, old);
    setup.clock.advance(SignedDuration::from_secs(120));
    assert_eq!(tpp.key_id_of_token(&server).await, kid);
}

test_kit::on_both_databases! {
    async fn two_that_start_together_on_an_empty_database_agree_on_one_key(database: TestDatabase) {
        let setup = Setup::on(&database);
        let readiness = Readiness::default();
        setup.open().await;
        let (one, two) =
            futures_util::join!(setup.key_manager(&readiness), setup.key_manager(&readiness));
        assert!(one.is_ok() && two.is_ok());
        let server = setup.start().await;
        let keys = server.get("/oauth2/jwks").await.json();
        assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    }
}

#[actix_web::test]
async fn readiness_follows_the_database_and_the_background_work_ends_with_the_process() {
    let server = TestServer::start().await;
    assert_eq!(server.readiness.closed().len(), 1);
    let shutdown = Shutdown::new();
    let (key_manager, signal) = (server.key_manager.clone(), shutdown.signal());
    let running = actix_web::rt::spawn(async move { key_manager.run(signal).await });
    while !server.readiness.closed().is_empty() {
        actix_web::rt::time::sleep(Duration::from_millis(5)).await;
    }
    shutdown.trigger();
    running.await.unwrap();
}
