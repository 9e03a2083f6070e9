//! The SET of profile `wso2` against the toolkit's samples.

use crate::harness::{CLIENT, TestService};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jose::UnverifiedJws;
use serde_json::{Value, json};

/// The one SET of a poll: header and claims as text, verified with the published key.
async fn set(service: &TestService) -> (String, String) {
    let answer = service.poll(r#"{"maxEvents":1}"#).await.json();
    let compact = answer["sets"].as_object().unwrap().values().next().unwrap().as_str().unwrap();
    let verified = UnverifiedJws::parse(compact, 64 * 1024)
        .unwrap()
        .verify_with_set(&service.key_manager.key_set())
        .unwrap();
    let header = BASE64_URL_SAFE_NO_PAD.decode(compact.split('.').next().unwrap()).unwrap();
    let claims = String::from_utf8(verified.payload().to_vec()).unwrap();
    verified.claims::<Value>().unwrap();
    (String::from_utf8(header).unwrap(), claims)
}

#[actix_web::test]
async fn header_and_claims_are_those_of_the_toolkit() {
    let service = TestService::start().await;
    service.clock.advance(jiff::SignedDuration::from_millis(1_987));
    let events = r#"{"urn:uk:org:openbanking:events:consent-authorization-revoked":{"resourceID":"1d80478b"},"urn:uk:org:openbanking:events:resource-update":{"resourceID":"1d80478b"}}"#;
    let id = service.create(events).await.json()["notificationsID"].as_str().unwrap().to_owned();
    let (header, claims) = set(&service).await;
    assert_eq!(header, r#"{"alg":"RS256"}"#);
    let txn = serde_json::from_str::<Value>(&claims).unwrap()["txn"].as_str().unwrap().to_owned();
    assert_eq!(uuid::Uuid::parse_str(&txn).unwrap().get_version_num(), 4);
    let claims = claims.replace(&id, "JTI").replace(&txn, "TXN");
    insta::assert_snapshot!(claims, @r#"{"sub":"9DkUSmVLFOxJDHxev35zfFcJcy4a","aud":"9DkUSmVLFOxJDHxev35zfFcJcy4a","iss":"www.wso2.com","txn":"TXN","toe":1767225601000,"iat":1767225601,"jti":"JTI","events":{"urn:uk:org:openbanking:events:consent-authorization-revoked":{"resourceID":"1d80478b"},"urn:uk:org:openbanking:events:resource-update":{"resourceID":"1d80478b"}}}"#);
}

#[actix_web::test]
async fn names_types_and_magnitudes_equal_the_decoded_sample() {
    let sample = json!({
        "sub": "9DkUSmVLFOxJDHxev35zfFcJcy4a", "aud": "9DkUSmVLFOxJDHxev35zfFcJcy4a",
        "iss": "www.wso2.com", "txn": "3d32f515-0000-0000-0000-000000000000",
        "toe": 1_679_401_787_000_i64, "iat": 1_681_996_264, "jti": "8241e34a-adf5-48c3-bb90-4b86abc2d876",
        "events": {"urn:uk:org:openbanking:events:resource-update": {"resourceID": "1d80478b"}},
    });
    let service = TestService::start().await;
    service.created().await;
    let (_, claims) = set(&service).await;
    let claims: Value = serde_json::from_str(&claims).unwrap();
    let shape = |claims: &Value| -> Vec<(String, &'static str, usize)> {
        let kind = |value: &Value| match value {
            Value::String(_) => "string",
            Value::Number(_) => "number",
            Value::Object(_) => "object",
            _ => "other",
        };
        let members = claims.as_object().unwrap().iter();
        members.map(|(name, value)| (name.clone(), kind(value), value.to_string().len())).collect()
    };
    let (ours, theirs) = (shape(&claims), shape(&sample));
    assert_eq!(ours[..7], theirs[..7]);
    assert_eq!((&ours[7].0, ours[7].1), (&theirs[7].0, theirs[7].1));
    assert_eq!(claims["aud"], CLIENT);
}
