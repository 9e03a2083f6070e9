//! The key set, and keys of other roles in it.

use crate::support::{Answer, ISSUER, TestServer};
use certificates::ServiceRole;
use jiff::SignedDuration;
use jose::{Algorithm, SigningKey};
use serde_json::{Value, json};

const UNTIL: &str = "2026-01-02T00:00:00Z";

fn set_key() -> SigningKey {
    SigningKey::generate(Algorithm::Rs256).unwrap()
}

async fn publish(server: &TestServer, kid: &str, body: &Value) -> Answer {
    let event_service = server.role(ServiceRole::EventService);
    let url = server.internal(&format!("/internal/v1/published-keys/{kid}"));
    Answer::of(event_service.put(url).json(body)).await
}

async fn key_ids(server: &TestServer) -> Vec<String> {
    let document = server.get("/oauth2/jwks").await.json();
    let keys = document["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// AS-34.
#[actix_web::test]
async fn as_34_the_key_set_holds_public_members_and_distinct_ids() {
    let server = TestServer::start().await;
    let key = set_key();
    publish(&server, key.key_id(), &json!({ "jwk": key.public_jwk(None), "retain_until": UNTIL }))
        .await;
    let answer = server.get("/oauth2/jwks").await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "public, max-age=60");
    let document = answer.json();
    let keys = document["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0]["kid"], keys[1]["kid"]);
    for key in keys {
        for private in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
            assert!(key.get(private).is_none(), "{private}");
        }
        assert_eq!(
            (&key["kty"], &key["use"], &key["alg"]),
            (&json!("RSA"), &json!("sig"), &json!("RS256"))
        );
    }
}

#[actix_web::test]
async fn a_published_key_appears_at_once_and_goes_when_nobody_needs_it() {
    let server = TestServer::start().await;
    let key = set_key();
    let body = json!({ "jwk": key.public_jwk(None), "retain_until": UNTIL });
    assert_eq!(publish(&server, key.key_id(), &body).await.status, 204);
    assert!(key_ids(&server).await.contains(&key.key_id().to_owned()));
    assert_eq!(publish(&server, key.key_id(), &body).await.status, 204);
    server.setup.clock.advance(SignedDuration::from_hours(24));
    assert!(!key_ids(&server).await.contains(&key.key_id().to_owned()));
    let longer =
        json!({ "jwk": key.public_jwk(None), "retain_until": "2026-02-01T00:00:00+01:00" });
    assert_eq!(publish(&server, key.key_id(), &longer).await.status, 204);
    assert!(key_ids(&server).await.contains(&key.key_id().to_owned()));
}

#[actix_web::test]
async fn a_kid_never_changes_its_meaning() {
    let server = TestServer::start().await;
    let one = set_key();
    let first = json!({ "jwk": one.public_jwk(None), "retain_until": UNTIL });
    publish(&server, one.key_id(), &first).await;
    let token_key = key_ids(&server).await.remove(0);
    for taken in [one.key_id(), &token_key] {
        let other = set_key().with_key_id(taken);
        let body = json!({ "jwk": other.public_jwk(None), "retain_until": UNTIL });
        publish(&server, taken, &body).await.assert_problem(409, "kid_taken");
    }
}

#[actix_web::test]
async fn what_is_no_public_key_is_not_published() {
    let server = TestServer::start().await;
    let key = set_key();
    let good = json!({ "jwk": key.public_jwk(None), "retain_until": UNTIL });
    let with = |pointer: &str, name: &str, value: Value| {
        let mut body = good.clone();
        body.pointer_mut(pointer).unwrap()[name] = value;
        body
    };
    for body in [
        json!({}),
        json!({ "jwk": key.public_jwk(None) }),
        with("", "retain_until", json!("tomorrow")),
        with("", "retain_until", json!(1_767_225_600)),
        with("", "other", json!(1)),
        with("/jwk", "d", json!("AQAB")),
        with("/jwk", "kty", json!("oct")),
        with("/jwk", "n", json!("AQAB")),
        with("/jwk", "kid", json!("another")),
        with("/jwk", "alg", json!("none")),
        with("", "jwk", json!("text")),
    ] {
        let answer = publish(&server, key.key_id(), &body).await;
        answer.assert_problem(400, "invalid_member");
    }
    let answer = publish(&server, "%0A", &with("/jwk", "kid", json!("\n"))).await;
    answer.assert_problem(400, "invalid_member");
    assert_eq!(key_ids(&server).await.len(), 1);
}

#[actix_web::test]
async fn the_gateway_gets_the_issuer_and_the_token_keys_and_no_set_key() {
    let server = TestServer::start().await;
    let key = set_key();
    publish(&server, key.key_id(), &json!({ "jwk": key.public_jwk(None), "retain_until": UNTIL }))
        .await;
    let gateway = server.role(ServiceRole::Gateway);
    let answer = Answer::of(gateway.get(server.internal("/internal/v1/token-keys"))).await;
    assert_eq!(answer.status, 200);
    let document = answer.json();
    assert_eq!(document["issuer"], ISSUER);
    assert_eq!(document["keys"].as_array().unwrap().len(), 1);
    assert_ne!(document["keys"][0]["kid"], key.key_id());
}
