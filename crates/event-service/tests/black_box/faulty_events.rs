//! Events whose SET is wrong on purpose, judged by a library that Lombard does not use.

use crate::harness::{
    Answer, CLIENT, EVENT, IDENTITY, NotVerified, OTHER_CLIENT, Setup, TestService, part, read_set,
};
use event_service::{SetProfile, SignMode, StartError};
use serde_json::Value;
use test_kit::TestDatabase;

const FAULTS: [&str; 7] = [
    "bad-signature",
    "future-iat",
    "missing-claim",
    "repeated-jti",
    "unknown-kid",
    "wrong-aud",
    "wrong-iss",
];
const PROFILES: [SetProfile; 3] = [SetProfile::Wso2, SetProfile::Obie, SetProfile::Ssf];

async fn faulty(service: &TestService, fault: &str) -> Answer {
    service.create_with(EVENT, &[("x-lombard-fault", fault)]).await
}

/// What a careful receiver finds wrong with the SET that came under `id`.
fn findings(
    compact: &str,
    id: &str,
    service: &TestService,
    profile: SetProfile,
) -> Vec<&'static str> {
    let mut found = Vec::new();
    let jwks = service.key_manager.jwks();
    match read_set(compact, &jwks) {
        Ok(_) => {}
        Err(NotVerified::Signature) => found.push("bad-signature"),
        Err(NotVerified::Key) => found.push("unknown-kid"),
    }
    let (header, claims) = (part(compact, 0), part(compact, 1));
    let mut names: Vec<&str> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = match profile {
        SetProfile::Ssf => ["aud", "events", "iat", "iss", "jti", "sub_id", "toe", "txn"],
        _ => ["aud", "events", "iat", "iss", "jti", "sub", "toe", "txn"],
    };
    if names != expected {
        assert!(expected.iter().filter(|name| !names.contains(name)).eq(["iat"].iter()));
        found.push("missing-claim");
    }
    let issuer = if profile == SetProfile::Wso2 { "www.wso2.com" } else { IDENTITY };
    let now = service_kit::Clock::now(&*service.clock).as_second();
    let wrong = [
        ("wrong-iss", claims["iss"] != issuer),
        ("wrong-aud", claims["aud"] != CLIENT),
        ("repeated-jti", claims["jti"] != id),
        ("future-iat", claims["iat"].as_i64().is_some_and(|iat| iat > now)),
    ];
    found.extend(wrong.iter().filter(|(_, is_wrong)| *is_wrong).map(|(name, _)| *name));
    assert_eq!(claims["events"], serde_json::from_str::<Value>(EVENT).unwrap());
    if profile == SetProfile::Obie {
        assert_eq!(header["http://openbanking.org.uk/iat"], now, "the header is right");
    }
    found.sort_unstable();
    found
}

test_kit::on_both_databases! {
    async fn a_faulty_set_has_the_named_fault_and_no_other(database: TestDatabase) {
        let mut setup = Setup::new(database);
        for (n, profile) in PROFILES.into_iter().enumerate() {
            // Signing anew must not mend what is wrong.
            for sign_mode in [SignMode::Create, SignMode::Deliver] {
                (setup.config.set.profile, setup.config.set.sign_mode) = (profile, sign_mode);
                let service = TestService::with(&setup).await;
                let right = service.created().await;
                for fault in FAULTS {
                    let created = faulty(&service, fault).await;
                    assert_eq!(created.status, 201, "{fault} {created:?}");
                    let id = created.json()["notificationsID"].as_str().unwrap().to_owned();
                    let poll = service.poll("{}").await.json();
                    let set = poll["sets"][&id].as_str().unwrap();
                    assert_eq!(findings(set, &id, &service, profile), [fault], "{n} {set}");
                    let right = poll["sets"][&right].as_str().unwrap();
                    assert_eq!(findings(right, part(right, 1)["jti"].as_str().unwrap(), &service, profile), [""; 0]);
                    let report = format!(
                        r#"{{"maxEvents":0,"setErrs":{{"{id}":{{"err":"invalid_request","description":"{fault}"}}}}}}"#
                    );
                    assert_eq!(service.poll(&report).await.status, 200);
                }
                service.poll(&format!(r#"{{"ack":["{right}"]}}"#)).await;
                service.stop();
            }
        }
    }
}

#[actix_web::test]
async fn a_repeated_jti_is_that_of_the_newest_event_of_this_client_that_waits() {
    let service = TestService::start().await;
    service.created_for(OTHER_CLIENT).await;
    let refused = faulty(&service, "repeated-jti").await;
    let description = "No older event of the client waits whose jti could be repeated";
    refused.assert_accelerator_error(400, "invalid_request", description);
    service.created().await;
    let newest = service.created().await;
    let id = faulty(&service, "repeated-jti").await.json()["notificationsID"].clone();
    let sets = service.poll("{}").await.json()["sets"].clone();
    let set = sets[id.as_str().unwrap()].as_str().unwrap();
    assert_eq!(part(set, 1)["jti"], newest);
}

#[actix_web::test]
async fn another_or_a_repeated_name_is_refused_with_the_list() {
    let service = TestService::start().await;
    let list = "x-lombard-fault is one of bad-signature, future-iat, missing-claim, repeated-jti, \
                unknown-kid, wrong-aud, wrong-iss";
    for name in ["", "none", "Bad-Signature", "bad_signature", "wrong-aud, wrong-iss"] {
        faulty(&service, name).await.assert_accelerator_error(400, "invalid_request_header", list);
    }
    let twice = [("x-lombard-fault", "wrong-aud"), ("x-lombard-fault", "wrong-aud")];
    assert_eq!(service.create_with(EVENT, &twice).await.status, 400);
    assert!(service.poll("{}").await.ids().is_empty());
}

#[actix_web::test]
async fn a_deployment_without_faulty_events_makes_none_and_production_refuses_the_setting() {
    let mut setup = Setup::new(TestDatabase::sqlite());
    for (allowed, configured) in [(true, Some(false)), (false, None), (false, Some(false))] {
        setup.allow_faulty_events = allowed;
        setup.config.faulty_events = configured;
        let service = TestService::with(&setup).await;
        for fault in FAULTS {
            let refused = faulty(&service, fault).await;
            let description = "Faulty events are not enabled";
            refused.assert_accelerator_error(400, "invalid_request_header", description);
        }
        service.stop();
    }
    setup.config.faulty_events = Some(true);
    let refused = setup.assemble("https://localhost:1").await.unwrap_err();
    assert!(matches!(refused, StartError::FaultyEvents), "{refused}");
}
