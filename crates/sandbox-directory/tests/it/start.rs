//! What stops the start, and what lasts beyond a stop.

use crate::support::{Setup, TestServer};
use jose::MasterKey;
use sandbox_directory::StartError;
use std::sync::Arc;

test_kit::on_both_databases! {
    async fn where_nothing_is_to_be_made_a_missing_key_stops_the_start_and_says_what_to_do(database: TestDatabase) {
        let setup = Setup { create: false, ..Setup::on(&database) };
        let error = setup.directory().await.unwrap_err();
        assert!(matches!(error, StartError::NoSsaKey));
        assert!(error.to_string().contains("lombard migrate directory"), "{error}");
    }

    async fn another_master_key_stops_the_start(database: TestDatabase) {
        let setup = Setup::on(&database);
        setup.directory().await.unwrap();
        let other = Setup { master_key: Arc::new(MasterKey::generate()), ..setup };
        assert!(matches!(other.directory().await, Err(StartError::SsaKey(_))));
    }

    async fn a_lifetime_of_nothing_stops_the_start(database: TestDatabase) {
        let mut setup = Setup::on(&database);
        setup.config.certificate_days = 0;
        assert!(matches!(setup.directory().await, Err(StartError::Setting("certificate_days"))));
        setup.config.certificate_days = 1;
        setup.config.revocation_list_hours = 0;
        assert!(matches!(setup.directory().await, Err(StartError::Setting(_))));
    }

    async fn everything_is_there_after_a_restart(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let path = server.app().await;
        let issued = server.certificate(&path, "ob-signing", None).await;
        let revoked = server.certificate(&path, "ob-signing", Some("revoked")).await;
        let keystore = server.get("/keystore/openbanking.jwks").await.expect(200).json();
        let setup = server.setup.clone();
        server.stop().await;
        let server = setup.start().await;
        let again = server.get("/keystore/openbanking.jwks").await.expect(200).json();
        assert_eq!(again, keystore);
        let keys = server.get("/org1/app1.jwks").await.expect(200).json();
        assert_eq!(keys["keys"][0]["kid"], issued["kid"]);
        let keys = server.get("/org1/revoked/app1.jwks").await.expect(200).json();
        assert_eq!(keys["keys"][0]["kid"], revoked["kid"]);
    }
}
