//! `set.sign_mode`: signed once, or anew at each poll as the toolkit does.

use crate::harness::{CLIENT, Setup, TestService};
use event_service::{ClientSettings, SetProfile, SignMode};
use jiff::SignedDuration;
use serde_json::{Value, json};
use test_kit::TestDatabase;

const EVENT: &str =
    r#"{"urn:uk:org:openbanking:events:resource-update":{ "n" : 1.50e+2, "s":"\u00e9" }}"#;

fn delivering(database: TestDatabase, profile: SetProfile) -> Setup {
    let mut setup = Setup::in_profile(database, profile);
    setup.config.set.sign_mode = SignMode::Deliver;
    setup
}

/// What may differ between two deliveries of one event.
fn without(mut claims: Value, names: &[&str]) -> Value {
    for name in names {
        claims.as_object_mut().unwrap().remove(*name).unwrap();
    }
    claims
}

test_kit::on_both_databases! {
    /// EV-22 with `sign_mode = "deliver"`.
    async fn ev_22_an_event_signed_at_delivery_has_the_same_jti_and_a_new_iat_and_signature(database: TestDatabase) {
        let mut setup = delivering(database, SetProfile::Wso2);
        setup.config.client = [("a", SetProfile::Wso2), ("b", SetProfile::Obie), ("c", SetProfile::Ssf)]
            .map(|(id, profile)| ClientSettings { client_id: id.to_owned(), profile: Some(profile), ..ClientSettings::default() })
            .to_vec();
        let service = TestService::with(&setup).await;
        for (client, renewed) in [("a", &["iat", "txn"][..]), ("b", &["iat"]), ("c", &["iat"])] {
            service.key_manager.set_client(client, "active");
            let created = service.create_for(client, EVENT).await.json();
            let id = created["notificationsID"].as_str().unwrap();
            let first = service.poll_as(client, "{}").await;
            service.clock.advance(SignedDuration::from_secs(100));
            let second = service.poll_as(client, "{}").await;
            assert_ne!(first.json()["sets"][id], second.json()["sets"][id]);
            let (first, second) = (service.read(&first, id), service.read(&second, id));
            assert!(second.text.ends_with(&format!("\"events\":{EVENT}}}")), "{}", second.text);
            let iat = |claims: &Value| claims["iat"].as_i64().unwrap();
            assert_eq!(iat(&second.claims), iat(&first.claims) + 100);
            let names: Vec<&String> = first.claims.as_object().unwrap().keys().collect();
            assert_eq!(names, second.claims.as_object().unwrap().keys().collect::<Vec<_>>());
            for name in renewed {
                assert_ne!(first.claims[name], second.claims[name], "{client}");
            }
            assert_eq!(without(first.claims, renewed), without(second.claims.clone(), renewed), "{client}");
            let time = "http://openbanking.org.uk/iat";
            if client == "b" {
                assert_eq!(second.header[time], iat(&second.claims));
            }
        }
    }

    async fn events_of_either_mode_are_handed_out_in_the_mode_that_is_configured_now(database: TestDatabase) {
        let mut setup = delivering(database, SetProfile::Obie);
        let one = TestService::with(&setup).await;
        let first = one.create(EVENT).await.json()["notificationsID"].as_str().unwrap().to_owned();
        one.stop();
        setup.config.set.sign_mode = SignMode::Create;
        // Kept in the old profile, whatever the client has now.
        setup.config.set.profile = SetProfile::Wso2;
        let two = TestService::with(&setup).await;
        two.clock.advance(SignedDuration::from_secs(1));
        let second = two.create(EVENT).await.json()["notificationsID"].as_str().unwrap().to_owned();
        let poll = two.poll("{}").await;
        two.clock.advance(SignedDuration::from_secs(100));
        assert_eq!(two.poll("{}").await.body, poll.body);
        assert_eq!(poll.ids(), [&*first, &second]);
        assert_eq!(two.read(&poll, &first).header["alg"], "PS256");
        two.stop();
        setup.config.set.sign_mode = SignMode::Deliver;
        let three = TestService::with(&setup).await;
        let again = three.poll("{}").await;
        assert_eq!(three.read(&again, &first).header["alg"], "PS256");
        assert_eq!(three.read(&again, &second).header, json!({"alg": "RS256"}));
        assert_ne!(again.json()["sets"], poll.json()["sets"]);
    }
}

#[actix_web::test]
async fn the_banks_transaction_survives_every_delivery() {
    let service = TestService::with(&delivering(TestDatabase::sqlite(), SetProfile::Wso2)).await;
    let id = service.create_with(EVENT, &[("x-lombard-txn", "of-the-bank")]).await.json()
        ["notificationsID"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let set = service.read(&service.poll("{}").await, &id);
        assert_eq!(set.claims["txn"], "of-the-bank");
        assert_eq!(set.claims["aud"], CLIENT);
    }
}

#[actix_web::test]
async fn deliveries_are_signed_with_the_newest_key() {
    let service = TestService::with(&delivering(TestDatabase::sqlite(), SetProfile::Obie)).await;
    let id = service.created().await;
    let before = service.read(&service.poll("{}").await, &id).header["kid"].clone();
    service.rotate(r#"{"publication_seconds":5}"#).await;
    service.clock.advance(SignedDuration::from_secs(5));
    let after = service.read(&service.poll("{}").await, &id).header["kid"].clone();
    assert_ne!(before, after);
}
