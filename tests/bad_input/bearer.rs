//! The `Authorization` header of a call through the gateway (RFC 6750 §2.1).

use crate::bad_input::{Request, Target, assert_gateway_error};
use serde_json::json;
use test_kit::{ForgedSignature, TestAnswer, base64url, forged_jws};

const POLL: &str = "/open-banking/v3.1/events";

#[tokio::test]
async fn a_call_without_a_bearer_token_is_refused_as_missing_credentials() {
    let target = Target::start().await;
    let token = target.tpp.access_token();
    for value in ["", " ", "Basic YTpi", "Digest x", "token", token] {
        let answer = poll(&target, value).await;
        assert_gateway_error(&answer, 401, "900902", value);
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{value}: {answer:?}");
    }
    // What is no text is no header of this form.
    for value in [&b"Bearer \xff\xfe"[..], b"Bearer \xc3\xa9", b"\xff"] {
        assert_gateway_error(&poll(&target, value).await, 401, "900902", &format!("{value:?}"));
    }
    let bare = target.ask("api", &Request::json(POLL, "{}")).await;
    assert_gateway_error(&bare, 401, "900902", "no header");
    let form =
        Request::form(&format!("{POLL}?access_token={token}"), format!("access_token={token}"));
    assert_gateway_error(&target.ask("api", &form).await, 401, "900902", "query and form");
    assert_still_polling(&target).await;
}

#[tokio::test]
async fn a_bearer_that_is_no_token_of_ours_is_refused_as_invalid_credentials() {
    let target = Target::start().await;
    let token = target.tpp.access_token().to_owned();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let key = std::fs::read_to_string(target.tpp.files().join("signing.key")).unwrap();
    let claims = json!({"azp": target.tpp.client_id(), "scope": "eventpolling"}).to_string();
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(9_000), "]".repeat(9_000));
    let none = |alg: &str| json!({"alg": alg, "typ": "JWT"}).to_string();
    for value in [
        "undefined".to_owned(),
        "null".to_owned(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        format!("{token}."),
        format!("{token}.{signature}"),
        format!("{signed}."),
        signed.to_owned(),
        format!("{token}="),
        format!("{token}A"),
        format!("{signed}.{}", base64url(&[0; 256])),
        format!("{header}.{}.{signature}", base64url(claims.as_bytes())),
        format!("{}.{payload}.", base64url(none("none").as_bytes())),
        format!("{}.{payload}.{signature}", base64url(deep.as_bytes())),
        format!("{header}.{}.{signature}", base64url(deep.as_bytes())),
        forged_jws(&none("PS256"), &claims, ForgedSignature::Ps256(&key)),
        forged_jws(&none("HS256"), &claims, ForgedSignature::Hs256(b"secret")),
        target.tpp.assertion(&target.installation),
        "x".repeat(20_000),
        ".".repeat(20_000),
        "' OR '1'='1".to_owned(),
    ] {
        let answer = poll(&target, format!("Bearer {value}")).await;
        let case: String = value.chars().take(60).collect();
        assert_gateway_error(&answer, 401, "900901", &case);
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{case}: {answer:?}");
    }
    assert_still_polling(&target).await;
}

async fn poll(target: &Target, authorization: impl AsRef<[u8]>) -> TestAnswer {
    target.ask("api", &Request::json(POLL, "{}").header("Authorization", authorization)).await
}

async fn assert_still_polling(target: &Target) {
    assert_eq!(poll(target, target.bearer()).await.status, 200);
    target.assert_unharmed().await;
}
