//! The SETs of each profile, read by a library that Lombard does not use.

use crate::harness::{CLIENT, IDENTITY, OTHER_CLIENT, RESOURCE, Setup, TestService};
use event_service::{ClientSettings, SetProfile};
use jiff::SignedDuration;
use serde_json::{Value, json};
use test_kit::TestDatabase;

const ONE: &str = r#"{"urn:uk:org:openbanking:events:resource-update":{ "n" : 1.50e+2 }}"#;
const SECOND: i64 = 1_767_225_601;

async fn created(service: &TestService, client_id: &str, events: &str) -> String {
    let answer = service.create_for(client_id, events).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["notificationsID"].as_str().unwrap().to_owned()
}

async fn started(database: TestDatabase, profile: SetProfile) -> TestService {
    let service = TestService::with(&Setup::in_profile(database, profile)).await;
    service.clock.advance(SignedDuration::from_millis(1_987));
    service
}

/// The claims with `txn` taken out, which is a random UUID.
fn without_txn(mut claims: Value) -> Value {
    let txn = claims.as_object_mut().unwrap().remove("txn").unwrap();
    assert_eq!(uuid::Uuid::parse_str(txn.as_str().unwrap()).unwrap().get_version_num(), 4);
    claims
}

test_kit::on_both_databases! {
    /// EV-21 in profile `wso2`.
    async fn ev_21_a_set_of_profile_wso2_has_the_toolkits_header_and_claims(database: TestDatabase) {
        let service = started(database, SetProfile::Wso2).await;
        let id = created(&service, CLIENT, ONE).await;
        let set = service.read(&service.poll("{}").await, &id);
        assert_eq!(set.header, json!({"alg": "RS256"}));
        assert_eq!(without_txn(set.claims), json!({
            "sub": CLIENT, "aud": CLIENT, "iss": "www.wso2.com", "toe": SECOND * 1000,
            "iat": SECOND, "jti": id, "events": serde_json::from_str::<Value>(ONE).unwrap(),
        }));
        assert!(set.text.ends_with(&format!("\"events\":{ONE}}}")), "{}", set.text);
    }

    /// EV-21 in profile `obie`.
    async fn ev_21_a_set_of_profile_obie_is_signed_by_open_bankings_rules(database: TestDatabase) {
        let service = started(database, SetProfile::Obie).await;
        let id = created(&service, CLIENT, ONE).await;
        let set = service.read(&service.poll("{}").await, &id);
        let kid = set.header["kid"].as_str().unwrap();
        assert!(kid.ends_with("_PS256"), "{kid}");
        assert_eq!(set.header, json!({
            "alg": "PS256", "kid": kid, "typ": "JOSE",
            "http://openbanking.org.uk/iat": SECOND,
            "http://openbanking.org.uk/iss": "0015800001041RbAAI",
            "http://openbanking.org.uk/tan": "openbanking.org.uk",
            "crit": ["http://openbanking.org.uk/iat", "http://openbanking.org.uk/iss",
                     "http://openbanking.org.uk/tan"],
        }));
        assert_eq!(without_txn(set.claims), json!({
            "sub": format!("{IDENTITY}/resources/{RESOURCE}"), "aud": CLIENT, "iss": IDENTITY,
            "toe": SECOND, "iat": SECOND, "jti": id,
            "events": serde_json::from_str::<Value>(ONE).unwrap(),
        }));
        assert!(set.text.ends_with(&format!("\"events\":{ONE}}}")), "{}", set.text);
    }

    /// EV-21 in profile `ssf`.
    async fn ev_21_a_set_of_profile_ssf_names_its_subject_and_nothing_it_must_not(database: TestDatabase) {
        let service = started(database, SetProfile::Ssf).await;
        let id = created(&service, CLIENT, ONE).await;
        let set = service.read(&service.poll("{}").await, &id);
        let kid = set.header["kid"].clone();
        assert_eq!(set.header, json!({"alg": "RS256", "kid": kid, "typ": "secevent+jwt"}));
        assert_eq!(without_txn(set.claims), json!({
            "sub_id": {"format": "opaque", "id": RESOURCE}, "aud": CLIENT, "iss": IDENTITY,
            "toe": SECOND, "iat": SECOND, "jti": id,
            "events": serde_json::from_str::<Value>(ONE).unwrap(),
        }));
        assert!(set.text.ends_with(&format!("\"events\":{ONE}}}")), "{}", set.text);
    }

    /// EV-22.
    async fn ev_22_a_set_of_every_profile_is_byte_identical_at_every_poll(database: TestDatabase) {
        let mut setup = Setup::new(database);
        setup.config.client = [("a", SetProfile::Wso2), ("b", SetProfile::Obie), ("c", SetProfile::Ssf)]
            .map(|(id, profile)| ClientSettings { client_id: id.to_owned(), profile: Some(profile), ..ClientSettings::default() })
            .to_vec();
        let service = TestService::with(&setup).await;
        for client in ["a", "b", "c"] {
            service.key_manager.set_client(client, "active");
            created(&service, client, ONE).await;
            let first = service.poll_as(client, "{}").await.body;
            service.clock.advance(SignedDuration::from_secs(100));
            assert_eq!(service.poll_as(client, "{}").await.body, first);
        }
    }
}

#[actix_web::test]
async fn a_client_has_the_profile_that_is_configured_for_it() {
    let mut setup = Setup::new(TestDatabase::sqlite());
    setup.config.client = vec![ClientSettings {
        client_id: OTHER_CLIENT.to_owned(),
        profile: Some(SetProfile::Obie),
        ..ClientSettings::default()
    }];
    let service = TestService::with(&setup).await;
    for (client, alg) in [(CLIENT, "RS256"), (OTHER_CLIENT, "PS256")] {
        let id = created(&service, client, ONE).await;
        let set = service.read(&service.poll_as(client, "{}").await, &id);
        assert_eq!(set.header["alg"], alg);
    }
}

#[actix_web::test]
async fn what_a_profile_does_not_allow_is_refused_with_the_text_of_wso2() {
    let description = "Error in event creation request payload";
    let two = r#"{"urn:a:b":{},"urn:a:c":{}}"#;
    let no_uri = r#"{"urn_uk_org_openbanking_events_resource-update":{}}"#;
    for (profile, refused) in [
        (SetProfile::Obie, vec![no_uri]),
        (SetProfile::Ssf, vec![no_uri, two]),
        (SetProfile::Wso2, vec![]),
    ] {
        let service = started(TestDatabase::sqlite(), profile).await;
        for events in [no_uri, two] {
            let answer = service.create(events).await;
            if refused.contains(&events) {
                answer.assert_accelerator_error(400, "invalid_request", description);
            } else {
                assert_eq!(answer.status, 201, "{profile:?} {answer:?}");
            }
        }
    }
}

#[actix_web::test]
async fn the_transaction_is_the_banks_where_it_gives_one() {
    let service = TestService::start().await;
    let send = async |values: &[&str]| {
        let headers: Vec<_> = values.iter().map(|value| ("x-lombard-txn", *value)).collect();
        service.create_with(ONE, &headers).await
    };
    let refused = "Invalid characters found in the request headers";
    for values in [&[""][..], &["a b"], &["\u{e9}"], &["a", "a"], &[&"x".repeat(129)]] {
        let answer = send(values).await;
        answer.assert_accelerator_error(400, "invalid_request_header", refused);
    }
    let longest = "x".repeat(128);
    for txn in ["93bac548-d2de-4546-b106-880a5018460d", &longest] {
        let id = send(&[txn]).await.json()["notificationsID"].as_str().unwrap().to_owned();
        let set = service.read(&service.poll("{}").await, &id);
        assert_eq!(set.claims["txn"], txn);
    }
}

#[actix_web::test]
async fn a_start_says_what_is_wrong_with_the_configured_profiles() {
    let client = |client_id: &str, profile| ClientSettings {
        client_id: client_id.to_owned(),
        profile,
        ..ClientSettings::default()
    };
    let refusal =
        async |setup: &Setup| setup.assemble("https://localhost:1").await.unwrap_err().to_string();
    let mut setup = Setup::new(TestDatabase::sqlite());
    setup.config.set.organisation_id = None;
    setup.config.client = vec![client("a", Some(SetProfile::Obie))];
    assert!(refusal(&setup).await.starts_with("event_service.set.organisation_id must be set"));
    setup.config.client = vec![client("a", None), client("a", None)];
    assert_eq!(refusal(&setup).await, "event_service.client: \"a\" is there twice");
    setup.config.client.clear();
    setup.config.set.issuer_url = Some("http://bank.example".to_owned());
    assert!(refusal(&setup).await.starts_with("event_service.set.issuer_url must be an https://"));
}
