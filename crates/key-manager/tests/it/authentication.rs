//! Who is let in, and what strangers learn.

use crate::support::{Answer, TestServer, Tpp};
use serde_json::json;
use std::collections::HashSet;

#[actix_web::test]
async fn every_failed_authentication_gets_the_same_answer() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let other = server.tpp("client-2").await;
    let unknown = tpp.assertion(&server).claim("iss", "nobody").claim("sub", "nobody").sign();
    let mut form = tpp.form(&unknown);
    form[5].1 = "nobody";
    let unknown = tpp.post(&server, &form).await;
    let forged = other.assertion(&server).claim("iss", "client-1").claim("sub", "client-1");
    let forged = tpp.token(&server, &forged.sign()).await;
    let expired = tpp.assertion(&server).claim("exp", 1);
    let expired = tpp.token(&server, &expired.sign()).await;
    for answer in [&unknown, &forged, &expired] {
        answer.assert_invalid_client();
        assert_eq!(answer.text, unknown.text);
    }
}

#[actix_web::test]
async fn an_id_that_no_client_can_have_is_an_unknown_client() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    for id in ["client-1\0", "CLIENT-1", "client-1 ", "'; --", "\u{e9}", &"x".repeat(5000)] {
        let assertion = tpp.assertion(&server).claim("iss", id).claim("sub", id).sign();
        let mut form = tpp.form(&assertion);
        form[5].1 = id;
        tpp.post(&server, &form).await.assert_invalid_client();
    }
}

#[actix_web::test]
async fn the_client_id_field_may_be_left_out() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let assertion = tpp.assertion(&server).sign();
    tpp.post(&server, &tpp.form(&assertion)[..5]).await.assert_token();
}

#[actix_web::test]
async fn a_deleted_client_gets_no_more_tokens() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    tpp.token(&server, &tpp.assertion(&server).sign()).await.assert_token();
    let operator = server.role(certificates::ServiceRole::Operator);
    let url = server.internal("/internal/v1/clients/client-1");
    assert_eq!(operator.delete(url).send().await.unwrap().status(), 204);
    tpp.token(&server, &tpp.assertion(&server).sign()).await.assert_invalid_client();
}

#[actix_web::test]
async fn a_client_without_a_registered_algorithm_may_use_ps256_but_not_rs256() {
    let server = TestServer::start().await;
    let overrides = json!({ "token_endpoint_auth_signing_alg": null });
    let tpp = Tpp::register(&server, "client-1", &overrides).await;
    let weak = tpp.assertion(&server).header("alg", "RS256").sign_rs256();
    tpp.token(&server, &weak).await.assert_invalid_client();
    tpp.token(&server, &tpp.assertion(&server).sign()).await.assert_token();
}

/// AS-31.
#[actix_web::test]
async fn as_31_an_unknown_client_and_a_bad_signature_are_answered_alike() {
    let server = TestServer::start().await;
    let (tpp, other) = (server.tpp("client-1").await, server.tpp("client-2").await);
    let known = |_| {
        let assertion = other.assertion(&server).header("kid", tpp.key.key_id());
        assertion.claim("iss", "client-1").claim("sub", "client-1").sign()
    };
    let unknown = |number| {
        let name = format!("nobody-{number}");
        tpp.assertion(&server).claim("iss", name.as_str()).claim("sub", name).sign()
    };
    let mut answers = HashSet::new();
    for number in 0..200 {
        for assertion in [known(number), unknown(number)] {
            let answer = tpp.post(&server, &tpp.form(&assertion)[..5]).await;
            answer.assert_invalid_client();
            let headers: Vec<_> = answer
                .headers
                .iter()
                .filter(|(name, _)| !["date", "x-fapi-interaction-id"].contains(&name.as_str()))
                .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
                .collect();
            answers.insert((answer.status, headers, answer.text));
        }
    }
    assert_eq!(answers.len(), 1, "{answers:#?}");
}

/// AS-30.
#[actix_web::test]
async fn as_30_another_grant_is_unsupported_whatever_else_is_wrong() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let url = server.identity("/oauth2/token");
    let password = [("grant_type", "password"), ("username", "a"), ("password", "b")];
    for request in [
        tpp.http.post(&url).form(&password),
        tpp.http.post(&url).basic_auth("client-1", Some("x")).form(&password),
        tpp.http.post(&url).bearer_auth("x").form(&[password[0], ("client_assertion", "x")]),
        tpp.http.post(&url).form(&[password[0], ("client_id", "nobody")]),
    ] {
        Answer::of(request).await.assert_oauth_error(
            400,
            "unsupported_grant_type",
            "The grant type is not supported",
        );
    }
}
