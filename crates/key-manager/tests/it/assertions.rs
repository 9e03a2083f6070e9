//! What an assertion must be.

use crate::support::{ISSUER, Setup, TestServer, Tpp};
use serde_json::{Value, json};
use service_kit::Clock;
use std::net::TcpListener;
use test_kit::{ForgedSignature, base64url, public_key_der, public_key_pem};

async fn start() -> (TestServer, Tpp) {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    (server, tpp)
}

fn now(server: &TestServer) -> i64 {
    server.setup.clock.now().as_second()
}

/// AS-04.
#[actix_web::test]
async fn as_04_alg_none_is_refused_in_every_spelling() {
    let (server, tpp) = start().await;
    let spellings = ["none", "None", "NONE", "nOnE", "", "none ", r"\u006eone"];
    for spelling in spellings {
        let header = format!(r#"{{"alg":"{spelling}","kid":"{}"}}"#, tpp.key.key_id());
        let assertion = tpp.assertion(&server);
        for signature in [&b""[..], b"signature"] {
            let signature = ForgedSignature::Bytes(signature);
            let forged = test_kit::forged_jws(&header, assertion.claims_text(), signature);
            tpp.token(&server, &forged).await.assert_invalid_client();
        }
        let signed = assertion.sign_text(&header, &assertion.claims_text());
        tpp.token(&server, &signed).await.assert_invalid_client();
    }
}

/// AS-05.
#[actix_web::test]
async fn as_05_hs256_with_the_public_key_as_secret_is_refused() {
    let (server, tpp) = start().await;
    let jwk = serde_json::to_vec(&tpp.key.public_jwk(None)).unwrap();
    let private = tpp.key.to_pem().unwrap();
    for secret in [public_key_pem(&private), public_key_der(&private), jwk] {
        let assertion = tpp.assertion(&server).header("alg", "HS256");
        let forged = assertion.sign_with(ForgedSignature::Hs256(&secret));
        tpp.token(&server, &forged).await.assert_invalid_client();
    }
}

/// AS-06.
#[actix_web::test]
async fn as_06_rs256_with_the_right_key_is_refused() {
    let (server, tpp) = start().await;
    let assertion = tpp.assertion(&server).header("alg", "RS256").sign_rs256();
    tpp.token(&server, &assertion).await.assert_invalid_client();
}

/// AS-07.
#[actix_web::test]
async fn as_07_another_algorithm_than_the_registered_one_is_refused() {
    let server = TestServer::start().await;
    let overrides = json!({ "token_endpoint_auth_signing_alg": "RS256" });
    let key = jose::SigningKey::generate(jose::Algorithm::Ps256).unwrap();
    let mut jwk = serde_json::to_value(key.public_jwk(None)).unwrap();
    jwk.as_object_mut().unwrap().shift_remove("alg");
    let mut merged = overrides;
    merged["jwks"] = json!({ "keys": [jwk] });
    let tpp = Tpp { key, ..Tpp::register(&server, "client-1", &merged).await };
    tpp.token(&server, &tpp.assertion(&server).sign()).await.assert_invalid_client();
    let registered = tpp.assertion(&server).header("alg", "RS256").sign_rs256();
    tpp.token(&server, &registered).await.assert_token();
}

/// AS-08.
#[actix_web::test]
async fn as_08_a_key_in_the_header_is_neither_used_nor_fetched() {
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let origin = format!("https://{}", trap.local_addr().unwrap());
    let mut setup = Setup::sqlite();
    setup.outbound.allowed_origins.push(origin.clone());
    let server = setup.start().await;
    let tpp = server.tpp("client-1").await;
    let attacker = Tpp::register(&server, "attacker", &json!({})).await;
    let url = format!("{origin}/keys");
    let certificate = base64url(&attacker.transport.certificate_der);
    for (name, value) in [
        ("jwk", serde_json::to_value(attacker.key.public_jwk(None)).unwrap()),
        ("jku", json!(url)),
        ("x5u", json!(url)),
        ("x5c", json!([certificate])),
    ] {
        let mut forged = attacker.assertion(&server).header(name, value.clone());
        forged = forged.claim("iss", "client-1").claim("sub", "client-1");
        tpp.token(&server, &forged.sign()).await.assert_invalid_client();
        let without_kid = forged.header("kid", tpp.key.key_id()).sign();
        tpp.token(&server, &without_kid).await.assert_invalid_client();
    }
    let error = trap.accept().expect_err("nothing was fetched");
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
}

/// AS-09.
#[actix_web::test]
async fn as_09_critical_header_members_are_refused() {
    let (server, tpp) = start().await;
    for assertion in [
        tpp.assertion(&server).header("crit", json!(["unknown"])).header("unknown", 1),
        tpp.assertion(&server).header("crit", json!(["b64"])).header("b64", false),
        tpp.assertion(&server).header("crit", json!([])),
        tpp.assertion(&server).header("crit", "exp"),
    ] {
        tpp.token(&server, &assertion.sign()).await.assert_invalid_client();
    }
}

/// AS-10.
#[actix_web::test]
async fn as_10_repeated_members_are_refused() {
    let (server, tpp) = start().await;
    let good = tpp.assertion(&server);
    let (header, claims) = (good.header_text(), good.claims_text());
    let twice = |text: &str, member: &str| text.replacen('{', &format!("{{{member},"), 1);
    for (header, claims) in [
        (twice(&header, r#""alg":"PS256""#), claims.clone()),
        (twice(&header, r#""\u0061lg":"none""#), claims.clone()),
        (header.clone(), twice(&claims, r#""sub":"client-1""#)),
        (header.clone(), twice(&claims, r#""x":1,"x":2"#)),
        (header.clone(), twice(&claims, r#""x":{"y":1,"y":1}"#)),
    ] {
        tpp.token(&server, &good.sign_text(&header, &claims)).await.assert_invalid_client();
    }
    tpp.token(&server, &good.sign()).await.assert_token();
}

/// AS-11.
#[actix_web::test]
async fn as_11_absent_null_mistyped_and_empty_claims_are_refused() {
    let (server, tpp) = start().await;
    for name in ["iss", "sub", "aud", "exp", "jti"] {
        let absent = tpp.assertion(&server).without(name);
        tpp.token(&server, &absent.sign()).await.assert_invalid_client();
        for value in [json!(null), json!(""), json!(true), json!({}), json!([]), json!([1])] {
            let assertion = tpp.assertion(&server).claim(name, value);
            tpp.token(&server, &assertion.sign()).await.assert_invalid_client();
        }
    }
    let long = tpp.assertion(&server).claim("jti", "j".repeat(256));
    tpp.token(&server, &long.sign()).await.assert_invalid_client();
}

/// AS-12.
#[actix_web::test]
async fn as_12_another_clients_name_is_refused() {
    let (server, tpp) = start().await;
    let other = server.tpp("client-2").await;
    for name in ["iss", "sub"] {
        for value in ["client-2", "wrong", "CLIENT-1"] {
            let assertion = tpp.assertion(&server).claim(name, value).sign();
            tpp.token(&server, &assertion).await.assert_invalid_client();
        }
    }
    let mine = tpp.assertion(&server).sign();
    let mut form = tpp.form(&mine);
    form[5].1 = &other.client_id;
    tpp.post(&server, &form).await.assert_invalid_client();
    let theirs = tpp.assertion(&server).claim("iss", "client-2").claim("sub", "client-2").sign();
    tpp.post(&server, &other.form(&theirs)).await.assert_invalid_client();
    tpp.token(&server, &mine).await.assert_token();
}

#[actix_web::test]
async fn a_client_that_was_asked_for_before_it_was_registered_gets_tokens() {
    let (server, mut stranger) = start().await;
    stranger.client_id = "client-2".to_owned();
    for _ in 0..2 {
        let early = stranger.assertion(&server).sign();
        stranger.token(&server, &early).await.assert_invalid_client();
    }
    let registered = server.tpp("client-2").await;
    registered.token(&server, &registered.assertion(&server).sign()).await.assert_token();
}

/// AS-13.
#[actix_web::test]
async fn as_13_issuer_token_endpoint_and_alias_are_accepted_audiences() {
    let mut setup = Setup::sqlite();
    let alias = "https://key-manager:9446/oauth2/token";
    setup.config.token_endpoint_aliases = vec![alias.to_owned()];
    let server = setup.start().await;
    let tpp = server.tpp("client-1").await;
    for audience in [json!(ISSUER), json!([ISSUER]), json!(alias)] {
        let assertion = tpp.assertion(&server).claim("aud", audience);
        tpp.token(&server, &assertion.sign()).await.assert_token();
    }
}

/// AS-14.
#[actix_web::test]
async fn as_14_another_audience_is_refused_even_beside_ours() {
    let (server, tpp) = start().await;
    for audience in [
        json!("https://other.example/oauth2/token"),
        json!([ISSUER, "https://other.example/oauth2/token"]),
        json!("https://localhost:9446"),
        json!(format!("{ISSUER}/")),
    ] {
        let assertion = tpp.assertion(&server).claim("aud", audience);
        tpp.token(&server, &assertion.sign()).await.assert_invalid_client();
    }
}

/// AS-14.
#[actix_web::test]
async fn as_14_a_client_with_the_fapi_1_switch_may_name_others_beside_us() {
    let server = TestServer::start().await;
    let tpp = Tpp::register(&server, "fapi-1", &json!({ "allow_audience_array": true })).await;
    let audience = json!([ISSUER, "https://other.example"]);
    let assertion = tpp.assertion(&server).claim("aud", audience);
    tpp.token(&server, &assertion.sign()).await.assert_token();
}

/// AS-15.
#[actix_web::test]
async fn as_15_an_expired_assertion_is_refused() {
    let (server, tpp) = start().await;
    let assertion = tpp.assertion(&server).claim("exp", now(&server) - 300);
    tpp.token(&server, &assertion.sign()).await.assert_invalid_client();
}

/// AS-16.
#[actix_web::test]
async fn as_16_a_clock_8_seconds_ahead_is_tolerated() {
    let (server, tpp) = start().await;
    let ahead = now(&server) + 8;
    let assertion = tpp.assertion(&server).claim("iat", ahead).claim("nbf", ahead);
    tpp.token(&server, &assertion.sign()).await.assert_token();
}

/// AS-17.
#[actix_web::test]
async fn as_17_a_clock_61_seconds_ahead_is_refused() {
    let (server, tpp) = start().await;
    for name in ["iat", "nbf"] {
        let assertion = tpp.assertion(&server).claim(name, now(&server) + 61);
        tpp.token(&server, &assertion.sign()).await.assert_invalid_client();
    }
}

/// AS-18.
#[actix_web::test]
async fn as_18_a_lifetime_of_a_year_is_refused_and_the_toolkits_three_days_are_not() {
    let (server, tpp) = start().await;
    let year = tpp.assertion(&server).claim("exp", now(&server) + 365 * 24 * 3600);
    tpp.token(&server, &year.sign()).await.assert_invalid_client();
    let sample = tpp.assertion(&server).claim("exp", now(&server) + 259_200);
    tpp.token(&server, &sample.sign()).await.assert_token();
    let strict = json!({ "assertion_lifetime_cap_seconds": 300 });
    let strict = Tpp::register(&server, "strict", &strict).await;
    let long = strict.assertion(&server).claim("exp", now(&server) + 400);
    strict.token(&server, &long.sign()).await.assert_invalid_client();
}

/// AS-19.
#[actix_web::test]
async fn as_19_an_expiry_that_is_no_sensible_number_is_refused() {
    let (server, tpp) = start().await;
    let good = tpp.assertion(&server);
    for exp in
        ["1e300", "-1", "18446744073709551615", "\"string\"", "9223372036854775807", "1e9999"]
    {
        let text = good.claims_text();
        let expiry = format!("\"exp\":{}", now(&server) + 60);
        assert!(text.contains(&expiry));
        let claims = text.replace(&expiry, &format!("\"exp\":{exp}"));
        let assertion = good.sign_text(&good.header_text(), &claims);
        tpp.token(&server, &assertion).await.assert_invalid_client();
    }
}

#[actix_web::test]
async fn another_kind_of_jwt_is_refused() {
    let (server, tpp) = start().await;
    for token_type in ["at+jwt", "secevent+jwt", "oauth-authz-req+jwt"] {
        let assertion = tpp.assertion(&server).header("typ", token_type);
        tpp.token(&server, &assertion.sign()).await.assert_invalid_client();
    }
    for token_type in ["JWT", "client-authentication+jwt"] {
        let assertion = tpp.assertion(&server).header("typ", token_type);
        tpp.token(&server, &assertion.sign()).await.assert_token();
    }
}

#[actix_web::test]
async fn what_is_no_compact_jws_is_refused() {
    let (server, tpp) = start().await;
    let good = tpp.assertion(&server);
    let signed = good.sign();
    let (unsigned, _) = signed.rsplit_once('.').unwrap();
    let padded = good.claim("pad", "x".repeat(16 * 1024));
    for text in [
        "x",
        "..",
        unsigned,
        &format!("{signed}."),
        &format!("{signed}=="),
        &format!(" {signed}"),
        &signed.replacen('.', "..", 1),
        &padded.sign(),
        &padded.sign_text("[]", "{}"),
        &padded.sign_text("{\"alg\":\"PS256\"}", &"[".repeat(5000)),
        &padded.sign_text("{\"alg\":\"PS256\"}", "\u{0}"),
    ] {
        tpp.token(&server, text).await.assert_invalid_client();
    }
}

#[actix_web::test]
async fn a_key_is_found_by_kid_and_without_one_by_its_algorithm() {
    let (server, tpp) = start().await;
    for kid in [json!("unknown"), Value::from("../../etc/passwd"), json!("' OR 1=1 --")] {
        let assertion = tpp.assertion(&server).header("kid", kid);
        tpp.token(&server, &assertion.sign()).await.assert_invalid_client();
    }
    let mut assertion = tpp.assertion(&server);
    assertion.header.shift_remove("kid");
    tpp.token(&server, &assertion.sign()).await.assert_token();
}
