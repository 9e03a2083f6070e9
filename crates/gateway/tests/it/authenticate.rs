//! Tokens, and what is not one (RFC 6750, RFC 7519).

use crate::harness::{CLIENT_ID, ISSUER, POLL, Setup, TestGateway, request, signing_key, soon};
use jiff::SignedDuration;
use jose::{SigningHeader, SigningKey};
use serde_json::{Value, json};
use test_kit::TestAnswer;

const INVALID: &str =
    "Invalid Credentials. Make sure you have provided the correct security credentials";

fn assert_invalid_token(answer: &TestAnswer, case: &str) {
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let expected = json!({
        "code": "900901", "message": "Invalid Credentials", "description": INVALID
    });
    assert_eq!((answer.status, body), (401, expected), "{case}");
    assert_eq!(
        answer.headers("www-authenticate"),
        [concat!(
            r#"Bearer realm="WSO2 API Manager", error="invalid_token", "#,
            r#"error_description="The provided token is invalid""#
        )],
        "{case}"
    );
    assert_eq!(answer.header("content-type"), "application/json", "{case}");
    assert!(!answer.header("x-fapi-interaction-id").is_empty(), "{case}");
}

#[tokio::test]
async fn a_call_without_a_bearer_token_is_refused_as_missing_credentials() {
    let gateway = TestGateway::start().await;
    for headers in ["", "Authorization: Basic YTpi\r\n", "Authorization: Bearer \r\n"] {
        let answer = gateway.poll_with(headers).await;
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        let expected = json!({
            "code": "900902",
            "message": "Missing Credentials",
            "description": "Invalid Credentials. Make sure your API invocation call has a header: \
                            'Authorization : Bearer ACCESS_TOKEN'",
        });
        assert_eq!((answer.status, body), (401, expected), "{headers}");
        assert_eq!(answer.headers("www-authenticate"), [r#"Bearer realm="WSO2 API Manager""#]);
    }
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn what_is_not_a_valid_token_of_ours_is_refused_as_invalid_credentials() {
    let gateway = TestGateway::start().await;
    let token = || gateway.token();
    let good = token().sign();
    let (unsigned, _) = good.rsplit_once('.').unwrap();
    let (_, claims) = unsigned.split_once('.').unwrap();
    let stranger = signing_key("token-key-1");
    for (case, bearer) in [
        ("undefined", "undefined".to_owned()),
        ("garbage", "a.b.c".to_owned()),
        ("two tokens in one", format!("{good}, {good}")),
        ("empty signature", format!("{unsigned}.")),
        ("alg none", format!("eyJhbGciOiJub25lIn0.{claims}.")),
        ("alg HS256", format!("eyJhbGciOiJIUzI1NiJ9.{claims}.AAAA")),
        ("too long", format!("{good}{}", "A".repeat(9000))),
        ("another key under our kid", token().signed_by(&stranger).sign()),
        ("expired", token().valid(-3600, -31).sign()),
        ("not yet valid", token().valid(31, 3600).sign()),
        ("other issuer", token().claim("iss", "https://localhost:9443/oauth2/token").sign()),
        ("other audience", token().claim("aud", "someone-else").sign()),
        (
            "two audiences",
            token().claim("aud", json!(["IYpJFJJCZlHvTQzVXxu1y0fNhRga", "x"])).sign(),
        ),
        ("no exp", token().without("exp").sign()),
        ("exp of another type", token().claim("exp", "never").sign()),
        ("a user's token", token().claim("aut", "APPLICATION_USER").sign()),
        ("azp not printable", token().client("a\r\nb").sign()),
    ] {
        assert_invalid_token(&gateway.poll(&bearer).await, case);
    }
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn an_assertion_a_security_event_token_or_an_id_token_is_no_access_token() {
    let gateway = TestGateway::start().await;
    let (tpp, set) = (signing_key("tpp"), signing_key("set-key"));
    let ours = gateway.key_manager.signing_key();
    let token = || gateway.token();
    for (case, bearer) in [
        ("assertion", token().without("aut").without("azp").signed_by(&tpp).sign()),
        (
            "assertion signed with our key",
            token().without("aut").without("azp").signed_by(&ours).sign(),
        ),
        ("SET", token().without("azp").claim("events", json!({})).signed_by(&set).sign()),
        ("SET by its type", token().token_type("secevent+jwt").sign()),
        ("assertion by its type", token().token_type("client-authentication+jwt").sign()),
        ("id token signed with our key", token().without("aut").claim("nonce", "n").sign()),
    ] {
        assert_invalid_token(&gateway.poll(&bearer).await, case);
    }
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn what_is_not_a_token_of_rfc_9068_for_this_gateway_is_refused() {
    let gateway = TestGateway::start().await;
    let token = || gateway.token().rfc9068();
    let set = signing_key("set-key");
    for (case, bearer) in [
        ("other audience", token().claim("aud", "https://api.example").sign()),
        ("the client as audience", token().claim("aud", CLIENT_ID).sign()),
        ("no audience", token().without("aud").sign()),
        ("empty list of audiences", token().claim("aud", json!([])).sign()),
        ("no client_id", token().without("client_id").sign()),
        ("no sub", token().without("sub").sign()),
        ("a user's token", token().claim("sub", "psu-1").sign()),
        ("no jti", token().without("jti").sign()),
        ("no iat", token().without("iat").sign()),
        ("expired", token().claim("exp", gateway.now() - 31).sign()),
        ("other issuer", token().claim("iss", "https://localhost:9443/oauth2/token").sign()),
        ("client_id not printable", token().claim("client_id", "a b").claim("sub", "a b").sign()),
        ("azp in the place of client_id", token().without("client_id").claim("azp", "x").sign()),
        ("the toolkit's claims", gateway.token().token_type("at+jwt").sign()),
        ("without its type", token().token_type("JWT").sign()),
        ("SET by its type", token().token_type("secevent+jwt").sign()),
        ("SET", token().without("client_id").claim("events", json!({})).signed_by(&set).sign()),
        ("assertion", token().without("client_id").token_type("client-authentication+jwt").sign()),
        ("another key", token().signed_by(&signing_key("token-key-1")).sign()),
    ] {
        assert_invalid_token(&gateway.poll(&bearer).await, case);
    }
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn a_token_of_rfc_9068_is_as_good_as_one_of_the_toolkit() {
    let gateway = TestGateway::start().await;
    for token in [
        gateway.token().rfc9068(),
        gateway.token().rfc9068().token_type("application/at+jwt"),
        gateway.token().rfc9068().claim("aud", json!(["x", ISSUER])),
        gateway.token(),
        gateway.token().token_type("JWT"),
    ] {
        assert_eq!(gateway.poll(&token.sign()).await.status, 200);
    }
}

#[tokio::test]
async fn a_configured_audience_takes_the_place_of_the_issuer() {
    let audience = Some("https://api.example");
    let gateway = TestGateway::with(Setup { audience, ..Setup::default() }).await;
    let token = || gateway.token().rfc9068();
    assert_invalid_token(&gateway.poll(&token().sign()).await, "the issuer");
    let good = token().claim("aud", "https://api.example").sign();
    assert_eq!(gateway.poll(&good).await.status, 200);
    assert_eq!(gateway.poll(&gateway.token().sign()).await.status, 200);
}

#[tokio::test]
async fn a_token_in_the_query_or_in_a_form_is_not_read() {
    let gateway = TestGateway::start().await;
    let token = gateway.token().sign();
    let mut connection = gateway.connect().await;
    let query = request(&format!("POST {POLL}?access_token={token}"), "", "{}");
    assert_eq!(connection.ask(&query).await.status, 401);
    let form = format!("access_token={token}");
    let form = String::from_utf8(request(&format!("POST {POLL}"), "", &form)).unwrap();
    let form = form.replace("application/json", "application/x-www-form-urlencoded");
    assert_eq!(connection.ask(form.as_bytes()).await.status, 401);
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn two_authorization_headers_are_refused() {
    let gateway = TestGateway::start().await;
    let line = format!("Authorization: Bearer {}\r\n", gateway.token().sign());
    let answer = gateway.poll_with(&line.repeat(2)).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert!(answer.body.contains("900901"), "{answer:?}");
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn the_header_and_the_scheme_are_read_in_any_case() {
    let gateway = TestGateway::start().await;
    let token = gateway.token().sign();
    for line in ["Authorization: Bearer", "authorization: bearer", "AUTHORIZATION: BEARER"] {
        assert_eq!(gateway.poll_with(&format!("{line} {token}\r\n")).await.status, 200, "{line}");
    }
}

#[tokio::test]
async fn a_token_verified_before_is_refused_once_it_expires() {
    let gateway = TestGateway::start().await;
    let token = gateway.token().sign();
    assert_eq!(gateway.poll(&token).await.status, 200);
    gateway.clock.advance(SignedDuration::from_secs(3600 + 29));
    assert_eq!(gateway.poll(&token).await.status, 200, "within the skew");
    gateway.clock.advance(SignedDuration::from_secs(1));
    assert_invalid_token(&gateway.poll(&token).await, "expired");
}

#[tokio::test]
async fn tokens_of_every_algorithm_are_verified() {
    let gateway = TestGateway::start().await;
    for algorithm in [jose::Algorithm::Rs256, jose::Algorithm::Ps256] {
        let key = SigningKey::generate(algorithm).unwrap();
        gateway.key_manager.publish(key.clone());
        gateway.clock.advance(SignedDuration::from_secs(10));
        assert_eq!(gateway.poll(&gateway.token().sign()).await.status, 200, "{algorithm}");
    }
}

#[tokio::test]
async fn a_new_key_is_fetched_for_a_token_that_claims_to_be_ours() {
    let gateway = TestGateway::start().await;
    let old = gateway.token().sign();
    assert_eq!(gateway.poll(&old).await.status, 200);
    gateway.key_manager.publish(signing_key("token-key-2"));
    gateway.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(gateway.poll(&gateway.token().sign()).await.status, 200);
    assert_eq!(gateway.poll(&old).await.status, 200, "the old key is still published");
    assert_eq!(gateway.key_manager.fetches(), 2);
}

#[tokio::test]
async fn unknown_keys_cause_one_fetch_in_an_interval_at_most() {
    let gateway = TestGateway::start().await;
    gateway.clock.advance(SignedDuration::from_secs(10));
    for _ in 0..3 {
        let forged = gateway.token().signed_by(&signing_key("unknown")).sign();
        assert_invalid_token(&gateway.poll(&forged).await, "unknown key");
    }
    assert_eq!(gateway.key_manager.fetches(), 2);
    let foreign = gateway.token().claim("iss", "https://elsewhere").signed_by(&signing_key("x"));
    gateway.clock.advance(SignedDuration::from_secs(10));
    assert_invalid_token(&gateway.poll(&foreign.sign()).await, "foreign");
    assert_eq!(gateway.key_manager.fetches(), 2, "a foreign token is not worth a fetch");
}

#[tokio::test]
async fn the_last_good_keys_stay_while_the_key_manager_does_not_answer() {
    let gateway = TestGateway::start().await;
    let token = gateway.token().sign();
    gateway.key_manager.go_down();
    gateway.clock.advance(SignedDuration::from_secs(10));
    let forged = gateway.token().signed_by(&signing_key("unknown")).sign();
    assert_invalid_token(&gateway.poll(&forged).await, "unknown key");
    assert_eq!(gateway.key_manager.fetches(), 2);
    assert_eq!(gateway.poll(&token).await.status, 200);
    assert!(gateway.readiness.is_ready());
}

#[tokio::test]
async fn before_the_first_keys_the_gateway_is_not_ready_and_says_so() {
    let gateway = TestGateway::with(Setup { idle: true, ..Setup::default() }).await;
    let closed = gateway.readiness.closed();
    assert!(closed.iter().any(|(name, _)| *name == "gateway-token-keys"), "{closed:?}");
    let answer = gateway.poll(&gateway.token().sign()).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
    assert!(answer.body.contains(r#""code":"900900""#), "{}", answer.body);
    assert_invalid_token(&gateway.poll("undefined").await, "needs no keys");
}

#[tokio::test]
async fn a_header_that_names_a_key_does_not_choose_it() {
    let gateway = TestGateway::start().await;
    let stranger = signing_key("token-key-1");
    let mut header =
        SigningHeader { key_id: Some("token-key-1".to_owned()), ..SigningHeader::default() };
    header.extra.insert("jwk".to_owned(), serde_json::to_value(stranger.public_jwk(None)).unwrap());
    let claims = gateway.token().sign();
    let claims = claims.split('.').nth(1).unwrap();
    let signed = stranger.sign(&header, b"{}").unwrap();
    let (head, rest) = signed.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    assert_invalid_token(&gateway.poll(&format!("{head}.{claims}.{signature}")).await, "jwk");
}

#[tokio::test]
async fn keys_of_another_issuer_than_the_configured_one_are_not_taken() {
    let setup =
        Setup { issuer: Some("https://configured/oauth2/token"), broken: true, ..Setup::default() };
    let gateway = TestGateway::with(setup).await;
    gateway.key_manager.fetched(2).await;
    assert_eq!(gateway.poll(&gateway.token().sign()).await.status, 503);
    assert!(!gateway.readiness.is_ready());
    gateway.key_manager.set_issuer("https://configured/oauth2/token");
    soon(gateway.readiness.ready()).await;
    let token = gateway.token().claim("iss", "https://configured/oauth2/token").sign();
    assert_eq!(gateway.poll(&token).await.status, 200);
}
