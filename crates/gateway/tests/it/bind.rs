//! Tokens and certificates (RFC 8705 §3).

use crate::harness::{POLL, TestGateway, request};
use serde_json::{Value, json};
use service_kit::trust_store::TrustAnchors;
use test_kit::TestAnswer;

fn assert_refused(answer: &TestAnswer, reason: &str) {
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let expected = json!({
        "code": "900901",
        "message": "Invalid Credentials",
        "description":
            format!("{reason}. Make sure you have provided the correct security credentials"),
    });
    assert_eq!((answer.status, body), (401, expected), "{reason}");
    let challenge = answer.header("www-authenticate");
    assert!(challenge.starts_with(r#"Bearer error="invalid_token""#), "{challenge}");
}

#[tokio::test]
async fn a_call_without_a_certificate_is_refused() {
    let gateway = TestGateway::start().await;
    let token = gateway.token().sign();
    assert_refused(&gateway.poll_as(None, &token).await, "Client certificate is missing");
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_now_is_refused() {
    let gateway = TestGateway::start().await;
    let pki = &gateway.pki;
    for (identity, reason) in [
        (pki.expired_tpp(), "Client certificate is expired"),
        (pki.not_yet_valid_tpp(), "Client certificate is not trusted"),
        (pki.self_signed_tpp(), "Client certificate is not trusted"),
        (pki.foreign_tpp(), "Client certificate is not trusted"),
        (pki.forged_tpp("software", "organisation"), "Client certificate is not trusted"),
        (pki.weak_tpp(), "Client certificate is not trusted"),
    ] {
        let thumbprint = jose::x5t_s256(&identity.certificate_der());
        let token = gateway.token().claim("cnf", json!({ "x5t#S256": thumbprint })).sign();
        assert_refused(&gateway.poll_as(Some(&identity), &token).await, reason);
    }
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn another_valid_certificate_than_the_tokens_is_refused() {
    let gateway = TestGateway::start().await;
    let reason = "Client certificate is not the one the access token is bound to";
    let token = gateway.token().sign();
    for other in [gateway.pki.tpp("other", "other"), gateway.pki.tpp("software", "organisation")] {
        assert_refused(&gateway.poll_as(Some(&other), &token).await, reason);
    }
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn a_token_without_a_confirmation_is_refused() {
    let gateway = TestGateway::start().await;
    for token in [
        gateway.token().without("cnf").sign(),
        gateway
            .token()
            .claim("cnf", json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }))
            .sign(),
    ] {
        assert_refused(
            &gateway.poll(&token).await,
            "Access token is not bound to a client certificate",
        );
    }
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn a_certificate_revoked_since_is_refused_on_the_connection_it_opened() {
    let gateway = TestGateway::start().await;
    let headers = format!("Authorization: Bearer {}\r\n", gateway.token().sign());
    let poll = request(&format!("POST {POLL}"), &headers, "{}");
    let mut connection = gateway.connect().await;
    assert_eq!(connection.ask(&poll).await.status, 200);
    let list = gateway.pki.revocation_list(&[&gateway.transport], "20400101000000Z");
    let anchors = TrustAnchors { revocation_lists_pem: vec![list], ..gateway.pki.tpp_trust() };
    gateway.trust.replace(&anchors).unwrap();
    assert_refused(&connection.ask(&poll).await, "Client certificate is revoked");
    assert_eq!(gateway.upstream.requests().len(), 1);
}
