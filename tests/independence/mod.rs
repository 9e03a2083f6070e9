//! What Lombard signs, checked by a JOSE library that Lombard does not use.

use crate::harness::{Installation, Storage};
use josekit::jwk::{Jwk, JwkSet};
use josekit::jws::alg::rsassa::RsassaJwsVerifier;
use josekit::jws::{JwsVerifier, RS256};
use josekit::jwt;
use serde_json::{Value, json};

#[tokio::test]
async fn the_access_token_verifies_and_has_the_toolkits_shape() {
    let installation = Installation::start(Storage::Sqlite);
    let mut tpp = installation.tpp("acme");
    tpp.authorize(&installation).await;
    let keys = published_keys(&tpp, &installation).await;

    let (payload, header) = verify_by_kid(tpp.access_token(), &keys);

    let names: Vec<&str> = header.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(sorted(names), ["alg", "kid", "x5t"]);
    assert_eq!(header["alg"], "RS256");
    assert!(header["kid"].as_str().unwrap().ends_with("_RS256"));
    let names: Vec<&str> = payload.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        sorted(names),
        ["aud", "aut", "azp", "cnf", "exp", "iat", "iss", "jti", "nbf", "scope", "sub"]
    );
    assert_eq!(payload["iss"], format!("{}/oauth2/token", installation.url("identity")));
    assert_eq!(payload["sub"], "admin@wso2.com@carbon.super");
    assert_eq!(payload["aut"], "APPLICATION");
    assert_eq!(payload["aud"], tpp.client_id());
    assert_eq!(payload["azp"], tpp.client_id());
    assert_eq!(payload["scope"], "eventpolling");
    assert_eq!(payload["nbf"], payload["iat"]);
    assert_eq!(payload["exp"].as_i64().unwrap() - payload["iat"].as_i64().unwrap(), 3600);
    assert_eq!(payload["jti"].as_str().unwrap().len(), 36);
    assert_eq!(payload["cnf"]["x5t#S256"].as_str().unwrap().len(), 43);
}

#[tokio::test]
async fn an_access_token_of_rfc_9068_verifies_and_is_accepted_by_the_gateway() {
    let settings = [("LOMBARD__KEY_MANAGER__ACCESS_TOKEN_PROFILE", "rfc9068")];
    let installation = Installation::start_with(Storage::Sqlite, &settings);
    let mut tpp = installation.tpp("acme");
    tpp.authorize(&installation).await;
    let keys = published_keys(&tpp, &installation).await;

    let (payload, header) = verify_by_kid(tpp.access_token(), &keys);

    assert_eq!(header["typ"], "at+jwt");
    assert_eq!(payload["aud"], payload["iss"]);
    assert_eq!(payload["sub"], tpp.client_id());
    assert_eq!(payload["client_id"], tpp.client_id());
    tpp.poll(&json!({"returnImmediately": true})).await;
}

#[tokio::test]
async fn every_set_verifies_and_has_the_toolkits_shape() {
    let installation = Installation::start(Storage::Sqlite);
    let mut tpp = installation.tpp("acme");
    tpp.authorize(&installation).await;
    let events = json!({
        "urn:uk:org:openbanking:events:consent-authorization-revoked": {"resourceID": "1d80478b"},
        "urn:uk:org:openbanking:events:resource-update": {"resourceID": "1d80478b", "note": "Überweisung \u{1F3E6}"}
    });
    let jti = installation.bank().create(tpp.client_id(), &events).await;
    let keys = published_keys(&tpp, &installation).await;

    let poll = tpp.poll(&json!({"returnImmediately": true})).await;

    let (returned, set) = &poll.sets[0];
    assert_eq!(*returned, jti);
    let (payload, header) = verify_with_any(set, &keys);
    assert_eq!(header, json!({"alg": "RS256"}));
    let names: Vec<&str> = payload.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(sorted(names), ["aud", "events", "iat", "iss", "jti", "sub", "toe", "txn"]);
    assert_eq!(payload["iss"], "www.wso2.com");
    assert_eq!(payload["aud"], tpp.client_id());
    assert_eq!(payload["sub"], tpp.client_id());
    assert_eq!(payload["jti"], json!(jti));
    assert_eq!(payload["events"], events);
    let (toe, iat) = (payload["toe"].as_i64().unwrap(), payload["iat"].as_i64().unwrap());
    assert_eq!(toe % 1000, 0, "toe is in milliseconds, whole seconds");
    assert_eq!(toe / 1000, iat);
}

async fn published_keys(tpp: &crate::harness::Tpp, installation: &Installation) -> JwkSet {
    let url = format!("{}/oauth2/jwks", installation.url("identity"));
    let text = tpp.client().get(url).send().await.unwrap().text().await.unwrap();
    for private in ["\"d\"", "\"p\"", "\"q\"", "\"dp\"", "\"dq\"", "\"qi\"", "\"k\""] {
        assert!(!text.contains(private), "{private} is published");
    }
    JwkSet::from_bytes(text).expect("a JWK set")
}

fn verify_by_kid(token: &str, keys: &JwkSet) -> (Value, Value) {
    let header = jwt::decode_header(token).expect("a header");
    let kid =
        header.claim("kid").and_then(|kid| kid.as_str().map(ToOwned::to_owned)).expect("a kid");
    let key = keys.get(&kid).into_iter().next().expect("the key is published");
    decoded(token, &verifier(key)).expect("the signature verifies")
}

/// Tries every key: the toolkit's SETs have no `kid`.
fn verify_with_any(token: &str, keys: &JwkSet) -> (Value, Value) {
    let rsa = keys.keys().into_iter().filter(|key| key.algorithm() == Some("RS256"));
    let mut verifiers = rsa.map(verifier);
    verifiers
        .find_map(|mut verifier| {
            verifier.remove_key_id();
            decoded(token, &verifier)
        })
        .expect("one of the published keys verifies")
}

fn verifier(key: &Jwk) -> RsassaJwsVerifier {
    RS256.verifier_from_jwk(key).expect("a usable key")
}

fn decoded(token: &str, verifier: &dyn JwsVerifier) -> Option<(Value, Value)> {
    let (payload, header) = jwt::decode_with_verifier(token, verifier).ok()?;
    Some((Value::Object(payload.claims_set().clone()), Value::Object(header.claims_set().clone())))
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}
