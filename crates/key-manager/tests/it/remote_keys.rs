//! Keys at a `jwks_uri`.

use crate::support::{KeyAnswer, KeyServer, TestServer, Tpp};
use futures_util::future::join_all;
use jiff::SignedDuration;
use jose::{Algorithm, SigningKey};
use serde_json::{Value, json};

/// A client whose keys are on `keys`.
async fn client_at(server: &TestServer, keys: &KeyServer) -> Tpp {
    let registration = json!({ "jwks": null, "jwks_uri": keys.url() });
    Tpp::register(server, "client-1", &registration).await
}

fn advance(server: &TestServer, seconds: i64) {
    server.setup.clock.advance(SignedDuration::from_secs(seconds));
}

async fn token(server: &TestServer, tpp: &Tpp) -> u16 {
    tpp.token(server, &tpp.assertion(server).sign()).await.status
}

/// AS-37.
#[actix_web::test]
async fn as_37_a_bad_answer_lets_nobody_in_and_cached_keys_go_on_working() {
    let (keys, setup) = KeyServer::with_setup();
    let server = setup.start().await;
    let tpp = client_at(&server, &keys).await;
    let target = KeyServer::start(&setup.pki, &setup);
    let redirect = target.url().replace("localhost", "127.0.0.1");
    let bad = [
        KeyAnswer::Status(500),
        KeyAnswer::Nothing,
        KeyAnswer::Endless,
        KeyAnswer::Redirect(redirect),
        KeyAnswer::Body("<html>not found</html>".to_owned()),
        KeyAnswer::Body(format!("{{\"keys\":[]{}}}", " ".repeat(64 * 1024))),
    ];
    for answer in &bad {
        keys.set(answer.clone());
        tpp.token(&server, &tpp.assertion(&server).sign()).await.assert_invalid_client();
        advance(&server, 31);
    }
    assert_eq!(keys.calls(), bad.len());
    keys.set_keys(&[&tpp.key]);
    assert_eq!(token(&server, &tpp).await, 200);
    for answer in bad {
        advance(&server, 61);
        keys.set(answer);
        assert_eq!(token(&server, &tpp).await, 200);
    }
    assert_eq!(target.calls(), 0);
}

/// AS-37.
#[actix_web::test]
async fn cached_keys_are_not_used_for_ever() {
    let (keys, mut setup) = KeyServer::with_setup();
    setup.config.jwks_stale_seconds = 100;
    let server = setup.start().await;
    let tpp = client_at(&server, &keys).await;
    keys.set_keys(&[&tpp.key]);
    assert_eq!(token(&server, &tpp).await, 200);
    keys.set(KeyAnswer::Status(503));
    advance(&server, 159);
    assert_eq!(token(&server, &tpp).await, 200);
    advance(&server, 1);
    assert_eq!(token(&server, &tpp).await, 401);
}

/// AS-38.
#[actix_web::test]
async fn as_38_unknown_key_ids_lead_to_one_request_in_the_minimum_interval() {
    let (keys, setup) = KeyServer::with_setup();
    let server = setup.start().await;
    let tpp = client_at(&server, &keys).await;
    keys.set_keys(&[&tpp.key]);
    assert_eq!(token(&server, &tpp).await, 200);
    assert_eq!(keys.calls(), 1);
    for round in 1..=2 {
        // Both rounds together stay below the limit of failures.
        let unknown = (0..240).map(|number| {
            let assertion = tpp.assertion(&server).header("kid", format!("unknown-{number}"));
            let (server, tpp) = (&server, &tpp);
            async move { tpp.token(server, &assertion.sign()).await }
        });
        for answer in join_all(unknown).await {
            answer.assert_invalid_client();
        }
        assert_eq!(keys.calls(), round, "the first interval began with the first request");
        advance(&server, 31);
    }
}

#[actix_web::test]
async fn a_new_key_is_found_once_the_minimum_interval_has_passed() {
    let (keys, setup) = KeyServer::with_setup();
    let server = setup.start().await;
    let mut tpp = client_at(&server, &keys).await;
    keys.set_keys(&[&tpp.key]);
    assert_eq!(token(&server, &tpp).await, 200);
    tpp.key = SigningKey::generate(Algorithm::Ps256).unwrap();
    keys.set_keys(&[&tpp.key]);
    assert_eq!(token(&server, &tpp).await, 401);
    advance(&server, 30);
    assert_eq!(token(&server, &tpp).await, 200);
    assert_eq!(keys.calls(), 2);
}

#[actix_web::test]
async fn requests_that_come_together_ask_once() {
    let (keys, setup) = KeyServer::with_setup();
    let server = setup.start().await;
    let tpp = client_at(&server, &keys).await;
    keys.set_keys(&[&tpp.key]);
    let statuses = join_all((0..20).map(|_| token(&server, &tpp))).await;
    assert_eq!(statuses, [200; 20]);
    assert_eq!(keys.calls(), 1);
}

#[actix_web::test]
async fn strangers_and_other_tpps_cause_no_request() {
    let (keys, setup) = KeyServer::with_setup();
    let server = setup.start().await;
    let tpp = client_at(&server, &keys).await;
    let other = server.tpp("client-2").await;
    let assertion = tpp.assertion(&server).sign();
    other.post(&server, &tpp.form(&assertion)).await.assert_invalid_client();
    let expired = tpp.assertion(&server).claim("exp", 1).sign();
    tpp.token(&server, &expired).await.assert_invalid_client();
    assert_eq!(keys.calls(), 0);
}

/// Keys that nobody should use, each with a good one beside it.
fn unusable_keys(good: &SigningKey) -> Vec<(&'static str, Value)> {
    let good = json!(good.public_jwk(None));
    let modulus = |bytes: usize| test_kit::base64url(&vec![0xc5; bytes]);
    let with = |member: &str, value: Value| {
        let mut key = good.clone();
        key["kid"] = json!("other");
        key[member] = value;
        key
    };
    vec![
        ("RSA 1024", with("n", json!(modulus(128)))),
        ("RSA 8192", with("n", json!(modulus(1024)))),
        ("e=1", with("e", json!("AQ"))),
        ("e=3", with("e", json!("Aw"))),
        ("an even modulus", with("n", json!(test_kit::base64url(&[0xc4; 256])))),
        ("a repeated kid", good.clone()),
        ("a private member", with("d", json!("AQAB"))),
        (
            "a curve that does not fit the alg",
            json!({
                "kty": "EC", "crv": "P-384", "alg": "ES256", "x": "AA", "y": "AA"
            }),
        ),
        (
            "a point off the curve",
            json!({
                "kty": "EC", "crv": "P-256", "x": modulus(32), "y": modulus(32)
            }),
        ),
        ("no key at all", json!("key")),
    ]
}

/// AS-39.
#[actix_web::test]
async fn as_39_weak_and_broken_keys_are_refused_at_registration_and_at_use() {
    let (keys, setup) = KeyServer::with_setup();
    let server = setup.start().await;
    let tpp = client_at(&server, &keys).await;
    let good = json!(tpp.key.public_jwk(None));
    for (what, bad) in unusable_keys(&tpp.key) {
        let jwks = json!({ "keys": [good, bad] });
        let registration = json!({ "client_id": "bad", "roles": ["AISP"], "jwks": jwks });
        let refused = server.register(&registration).await;
        assert_eq!(refused.status, 400, "{what}: {}", refused.text);
        keys.set(KeyAnswer::Body(jwks.to_string()));
        assert_eq!(token(&server, &tpp).await, 401, "{what}");
        advance(&server, 31);
    }
    keys.set_keys(&[&tpp.key]);
    assert_eq!(token(&server, &tpp).await, 200);
}

/// AS-39.
#[actix_web::test]
async fn as_39_a_key_for_encryption_verifies_nothing() {
    let (keys, setup) = KeyServer::with_setup();
    let server = setup.start().await;
    let tpp = client_at(&server, &keys).await;
    let mut key = json!(tpp.key.public_jwk(None));
    key["use"] = json!("enc");
    keys.set(KeyAnswer::Body(json!({ "keys": [key] }).to_string()));
    assert_eq!(token(&server, &tpp).await, 401);
    let registration = json!({ "client_id": "enc", "roles": [], "jwks": { "keys": [key] } });
    server.register(&registration).await.assert_problem(400, "invalid_member");
}

#[actix_web::test]
async fn an_address_that_may_not_be_called_is_not_registered() {
    let (keys, setup) = KeyServer::with_setup();
    let server = setup.start().await;
    for uri in [
        "",
        "nonsense",
        "http://example.com/jwks",
        "https://127.0.0.1/jwks",
        "https://169.254.169.254/jwks",
        "https://localhost/jwks",
        "https://user@example.com/jwks",
    ] {
        let registration = json!({ "client_id": "c", "roles": [], "jwks_uri": uri });
        let answer = server.register(&registration).await;
        answer.assert_problem(400, "invalid_member");
        assert!(answer.json()["detail"].as_str().unwrap().starts_with("jwks_uri: "), "{uri}");
    }
    let key = SigningKey::generate(Algorithm::Ps256).unwrap();
    let both = json!({
        "client_id": "c", "roles": [], "jwks_uri": keys.url(),
        "jwks": { "keys": [key.public_jwk(None)] }
    });
    server.register(&both).await.assert_problem(400, "invalid_member");
    assert_eq!(keys.calls(), 0);
}
