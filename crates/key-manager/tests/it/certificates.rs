//! The transport certificate of a token request.

use crate::support::{Answer, Pki, TestServer, Tpp};
use certificates::{IssuedCertificate, Validity};
use serde_json::json;

const INVALID: &str =
    "Invalid transport certificate. Certificate passed through the request not valid";

async fn token_with(
    server: &TestServer,
    tpp: &Tpp,
    certificate: Option<&IssuedCertificate>,
    assertion: &str,
) -> Answer {
    let http = server.setup.pki.client(certificate);
    Answer::of(http.post(server.identity("/oauth2/token")).form(&tpp.form(assertion))).await
}

fn validity(not_before: &str, not_after: &str) -> Validity {
    Validity { not_before: not_before.parse().unwrap(), not_after: not_after.parse().unwrap() }
}

/// AS-02.
#[actix_web::test]
async fn as_02_a_request_without_a_certificate_is_refused() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let assertion = tpp.assertion(&server).sign();
    token_with(&server, &tpp, None, &assertion).await.assert_oauth_error(
        400,
        "invalid_request",
        "Transport certificate not found in the request",
    );
    tpp.token(&server, &assertion).await.assert_token();
}

#[actix_web::test]
async fn an_expired_a_future_and_a_forged_certificate_are_refused() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let assertion = tpp.assertion(&server).sign();
    let pki = &server.setup.pki;
    let during =
        |from: &str, to: &str| pki.transport_during("client-1", "organisation", validity(from, to));
    for certificate in [
        during("2025-01-01T00:00:00Z", "2025-12-31T00:00:00Z"),
        during("2026-01-02T00:00:00Z", "2027-01-01T00:00:00Z"),
        Pki::new().transport("client-1", "organisation"),
    ] {
        token_with(&server, &tpp, Some(&certificate), &assertion).await.assert_oauth_error(
            401,
            "invalid_client",
            INVALID,
        );
    }
    tpp.token(&server, &assertion).await.assert_token();
}

#[actix_web::test]
async fn the_certificate_is_looked_at_before_the_request_is() {
    let server = TestServer::start().await;
    let http = server.setup.pki.client(None);
    let answer = Answer::of(http.post(server.identity("/oauth2/token")).body("nonsense")).await;
    answer.assert_oauth_error(
        400,
        "invalid_request",
        "Transport certificate not found in the request",
    );
}

#[actix_web::test]
async fn the_valid_certificate_of_another_tpp_is_refused_and_leaves_the_assertion_unused() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let other = server.tpp("client-2").await;
    let assertion = tpp.assertion(&server).sign();
    let answer = token_with(&server, &tpp, Some(&other.transport), &assertion).await;
    answer.assert_invalid_client();
    tpp.token(&server, &assertion).await.assert_token();
}

#[actix_web::test]
async fn a_registered_subject_is_compared_by_its_parts() {
    let server = TestServer::start().await;
    let subject = "c=GB + 2.5.4.10=OpenBanking";
    let wrong = json!({ "tls_client_auth_subject_dn": subject });
    let wrong = Tpp::register(&server, "wrong", &wrong).await;
    let assertion = wrong.assertion(&server).sign();
    wrong.token(&server, &assertion).await.assert_invalid_client();
    let subject = "cn=right, 2.5.4.11=organisation, O = OpenBanking, C=GB";
    let right = json!({ "tls_client_auth_subject_dn": subject, "software_id": "other" });
    let right = Tpp::register(&server, "right", &right).await;
    let assertion = right.assertion(&server).sign();
    right.token(&server, &assertion).await.assert_token();
}

#[actix_web::test]
async fn a_client_that_registered_no_identity_may_use_any_certificate_and_the_token_is_bound_to_it()
{
    let server = TestServer::start().await;
    let overrides = json!({ "software_id": null, "organisation_id": null });
    let tpp = Tpp::register(&server, "free", &overrides).await;
    let other = server.setup.pki.transport("somebody", "else");
    let assertion = tpp.assertion(&server).sign();
    let answer = token_with(&server, &tpp, Some(&other), &assertion).await;
    answer.assert_token();
    let claims = crate::tokens::claims(&answer);
    assert_eq!(claims["cnf"]["x5t#S256"], jose::x5t_s256(&other.certificate_der));
}
