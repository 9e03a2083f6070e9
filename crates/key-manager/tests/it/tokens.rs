//! What is issued.

use crate::revocation::{access_token, is_active, post};
use crate::support::{Answer, ISSUER, Setup, TestServer, Tpp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use certificates::ServiceRole;
use futures_util::StreamExt as _;
use jiff::SignedDuration;
use jose::{Algorithm, KeySet, SigningHeader, SigningKey, UnverifiedJws};
use key_manager::{AccessTokenProfile, TokenSigningAlgorithm};
use serde_json::{Value, json};
use service_kit::Clock;
use std::collections::HashSet;
use std::sync::Arc;
use test_kit::TestClock;

/// The claims of an access token, unverified.
pub fn claims(answer: &Answer) -> Value {
    let body = answer.json();
    let token = body["access_token"].as_str().unwrap();
    UnverifiedJws::parse(token, 16 * 1024).unwrap().unverified_claims().unwrap()
}

async fn key_set(server: &TestServer) -> KeySet {
    KeySet::parse(&server.get("/oauth2/jwks").await.text).unwrap()
}

fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// AS-01.
#[actix_web::test]
async fn as_01_a_good_request_gets_a_token_bound_to_the_certificate() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let answer = tpp.token(&server, &tpp.assertion(&server).sign()).await;
    answer.assert_token();
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("pragma"), "no-cache");
    assert_eq!(answer.header("content-type"), "application/json");
    let body = answer.json();
    assert_eq!(members(&body), ["access_token", "scope", "token_type", "expires_in"]);
    assert_eq!(body["scope"], "eventpolling");
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 3600);

    let claims = claims(&answer);
    let now = server.setup.clock.now().as_second();
    let jti = claims["jti"].as_str().unwrap();
    assert_eq!(
        claims,
        json!({
            "sub": "admin@wso2.com@carbon.super",
            "aut": "APPLICATION",
            "aud": "client-1",
            "azp": "client-1",
            "nbf": now,
            "iss": ISSUER,
            "exp": now + 3600,
            "iat": now,
            "scope": "eventpolling",
            "jti": jti,
            "cnf": { "x5t#S256": jose::x5t_s256(&tpp.transport.certificate_der) },
        })
    );
    let order = ["sub", "aut", "aud", "azp", "nbf", "iss", "exp", "iat", "scope", "jti", "cnf"];
    assert_eq!(members(&claims), order);
    assert_eq!(jti.parse::<uuid::Uuid>().unwrap().get_version_num(), 4);
}

#[actix_web::test]
async fn the_header_of_a_token_is_the_toolkits_and_its_key_is_in_the_key_set() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let body = tpp.token(&server, &tpp.assertion(&server).sign()).await.json();
    let token = body["access_token"].as_str().unwrap();
    let jws = UnverifiedJws::parse(token, 16 * 1024).unwrap();
    let kid = jws.header().key_id.clone().unwrap();
    assert!(kid.ends_with("_RS256"), "{kid}");

    let published = server.get("/oauth2/jwks").await.json();
    assert_eq!(published["keys"][0]["kid"], kid);
    let certificate = published["keys"][0]["x5c"][0].as_str().unwrap();
    let certificate = STANDARD.decode(certificate).unwrap();
    assert_eq!(kid, jose::toolkit_key_id(&certificate, Algorithm::Rs256));
    let header = json!({ "x5t": jose::toolkit_x5t(&certificate), "kid": kid, "alg": "RS256" });
    let encoded = test_kit::base64url(header.to_string().as_bytes());
    assert!(token.starts_with(&format!("{encoded}.")), "members in the toolkit's order");
    jws.verify_with_set(&key_set(&server).await).unwrap();
}

#[actix_web::test]
async fn other_signature_algorithms_are_a_matter_of_configuration() {
    for (configured, algorithm) in [
        (TokenSigningAlgorithm::Ps256, Algorithm::Ps256),
        (TokenSigningAlgorithm::Es256, Algorithm::Es256),
    ] {
        let mut setup = Setup::sqlite();
        setup.config.token_signing_alg = configured;
        let server = setup.start().await;
        let tpp = server.tpp("client-1").await;
        let body = tpp.token(&server, &tpp.assertion(&server).sign()).await.json();
        let token = body["access_token"].as_str().unwrap();
        let jws = UnverifiedJws::parse(token, 16 * 1024).unwrap();
        assert_eq!(jws.header().algorithm, algorithm);
        jws.verify_with_set(&key_set(&server).await).unwrap();
    }
}

#[actix_web::test]
async fn tokens_of_rfc_9068_are_a_matter_of_configuration_and_are_introspected_and_revoked_alike() {
    for audience in [None, Some("https://api.example")] {
        let mut setup = Setup::sqlite();
        setup.config.access_token_profile = AccessTokenProfile::Rfc9068;
        setup.config.access_token_audience = audience.map(str::to_owned);
        let server = setup.start().await;
        let tpp = server.tpp("client-1").await;
        let answer = tpp.token(&server, &tpp.assertion(&server).sign()).await;
        let body = answer.json();
        let token = body["access_token"].as_str().unwrap();
        let jws = UnverifiedJws::parse(token, 16 * 1024).unwrap();
        assert_eq!(jws.header().token_type.as_deref(), Some("at+jwt"));
        jws.verify_with_set(&key_set(&server).await).unwrap();
        let now = server.setup.clock.now().as_second();
        let claims = claims(&answer);
        let expected = json!({
            "iss": ISSUER,
            "exp": now + 3600,
            "aud": audience.unwrap_or(ISSUER),
            "sub": "client-1",
            "client_id": "client-1",
            "iat": now,
            "jti": claims["jti"],
            "scope": "eventpolling",
            "cnf": { "x5t#S256": jose::x5t_s256(&tpp.transport.certificate_der) },
        });
        assert_eq!(claims, expected);
        let seen = post(&server, &tpp, "/oauth2/introspect", &[("token", token)]).await.json();
        for name in ["iss", "exp", "aud", "sub", "client_id", "iat", "jti", "scope", "cnf"] {
            assert_eq!(seen[name], expected[name], "{name}");
        }
        assert_eq!(post(&server, &tpp, "/oauth2/revoke", &[("token", token)]).await.status, 200);
        assert!(!is_active(&server, token).await);
    }
}

#[actix_web::test]
async fn after_a_change_of_profile_tokens_of_the_other_one_stay_good() {
    let setup = Setup::sqlite();
    let server = setup.start().await;
    let tpp = server.tpp("client-1").await;
    let body = tpp.token(&server, &tpp.assertion(&server).sign()).await.json();
    server.stop().await;
    let mut setup = setup;
    setup.config.access_token_profile = AccessTokenProfile::Rfc9068;
    let server = setup.start().await;
    assert!(is_active(&server, body["access_token"].as_str().unwrap()).await);
}

/// AS-29.
#[actix_web::test]
async fn as_29_never_more_scopes_than_registered_are_granted() {
    let server = TestServer::start().await;
    let registration = json!({ "scopes": ["accounts", "openid", "eventpolling"] });
    let tpp = Tpp::register(&server, "client-1", &registration).await;
    for (scope, granted) in [
        ("accounts payments", Some("accounts")),
        ("eventpolling openid", Some("eventpolling")),
        ("eventpolling accounts", Some("eventpolling accounts")),
        ("", Some("accounts eventpolling")),
        ("openid", None),
        ("payments", None),
        ("accounts\u{7}", None),
        ("accounts\u{e9}", None),
        ("\"accounts\"", None),
    ] {
        let assertion = tpp.assertion(&server).sign();
        let mut form = tpp.form(&assertion);
        form[1].1 = scope;
        let answer = tpp.post(&server, &form).await;
        match granted {
            Some(granted) => {
                assert_eq!(answer.json()["scope"], granted);
                assert_eq!(claims(&answer)["scope"], granted);
            }
            None => {
                answer.assert_oauth_error(
                    400,
                    "invalid_scope",
                    "No requested scope can be granted",
                );
            }
        }
    }
}

#[actix_web::test]
async fn a_request_without_scope_gets_all_registered_ones() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let assertion = tpp.assertion(&server).sign();
    let mut form = tpp.form(&assertion);
    form.remove(1);
    let answer = tpp.post(&server, &form).await.json();
    assert_eq!(answer["scope"], "accounts eventpolling fundsconfirmations payments");
}

/// AS-32.
#[actix_web::test]
async fn as_32_ten_thousand_tokens_have_distinct_random_ids() {
    let mut setup = Setup::sqlite();
    setup.config.token_signing_alg = TokenSigningAlgorithm::Es256;
    let server = setup.start().await;
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let registration = json!({
        "token_endpoint_auth_signing_alg": "ES256",
        "jwks": { "keys": [key.public_jwk(None)] },
    });
    let tpp = Tpp { key, ..Tpp::register(&server, "client-1", &registration).await };
    let header = SigningHeader { key_id: Some(tpp.key.key_id().to_owned()), ..Default::default() };
    let ids: HashSet<String> = futures_util::stream::iter(0..10_000)
        .map(|_| async {
            let claims_text = tpp.assertion(&server).claims_text();
            let assertion = tpp.key.sign(&header, claims_text.as_bytes()).unwrap();
            let answer = tpp.token(&server, &assertion).await;
            answer.assert_token();
            claims(&answer)["jti"].as_str().unwrap().to_owned()
        })
        .buffer_unordered(32)
        .collect()
        .await;
    assert_eq!(ids.len(), 10_000);
}

test_kit::on_both_databases! {
    async fn a_client_that_a_replica_with_a_clock_ahead_registered_gets_tokens_that_count_at_once(database: TestDatabase) {
        let setup = Setup::on(&database);
        let here = setup.start().await;
        let clock = Arc::new(TestClock::default());
        clock.advance(SignedDuration::from_secs(10));
        let ahead = Setup { clock, ..setup.clone() }.start().await;
        let former = Tpp::register(&here, "client-1", &json!({})).await;
        let old = access_token(&here, &former).await;
        assert!(is_active(&here, &old).await);

        let url = here.internal("/internal/v1/clients/client-1");
        let deleted = Answer::of(here.role(ServiceRole::Operator).delete(url)).await;
        assert_eq!(deleted.status, 204);
        let tpp = Tpp::register(&ahead, "client-1", &json!({})).await;
        let fresh = access_token(&here, &tpp).await;
        for server in [&here, &ahead] {
            assert!(is_active(server, &fresh).await, "although the clocks differ");
            assert!(!is_active(server, &old).await, "a former registration's");
        }
        let claims = UnverifiedJws::parse(&fresh, 8192).unwrap().unverified_claims::<Value>().unwrap();
        let now = setup.clock.now().as_second();
        let times = ["iat", "nbf", "exp"].map(|name| claims[name].as_i64().unwrap());
        assert_eq!(times, [now + 10, now, now + 3600]);
    }
}
