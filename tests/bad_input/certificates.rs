//! Client certificates that must not be believed, at the public listeners and at the internal ones.

use crate::bad_input::{Request, Target, assert_gateway_error, assert_oauth_error, form, target};
use serde_json::{Value, json};
use test_kit::{TestAnswer, TestConnection, TestIdentity, TestPki};

const POLL: &str = "/open-banking/v3.1/events";

#[tokio::test]
async fn a_token_request_without_a_certificate_is_an_invalid_request_whatever_it_says() {
    let target = Target::start().await;
    let assertion = target.tpp.assertion(&target.installation);
    for body in [token_form(&target, &assertion), String::new(), "%zz".to_owned()] {
        let answer = target.ask_as(None, "identity", &Request::form("/oauth2/token", body)).await;
        assert_oauth_error(&answer, 400, "invalid_request", "no certificate");
        assert_described(&answer, "Transport certificate not found in the request");
    }
    assert_still_served(&target, &assertion).await;
}

#[tokio::test]
async fn a_token_request_with_an_untrusted_certificate_is_an_invalid_client() {
    let target = Target::start().await;
    let assertion = target.tpp.assertion(&target.installation);
    let request = Request::form("/oauth2/token", token_form(&target, &assertion));
    for (kind, identity) in untrusted(&target) {
        let answer = target.ask_as(Some(&identity), "identity", &request).await;
        assert_oauth_error(&answer, 401, "invalid_client", kind);
        let text = "Invalid transport certificate. \
                    Certificate passed through the request not valid";
        assert_described(&answer, text);
    }
    assert_still_served(&target, &assertion).await;
}

#[tokio::test]
async fn a_token_request_with_another_tpps_certificate_fails_as_any_authentication_does() {
    let target = Target::start().await;
    let assertion = target.tpp.assertion(&target.installation);
    let request = Request::form("/oauth2/token", token_form(&target, &assertion));
    let stranger = issuing(&target).tpp("stranger", "organisation");
    let answer = target.ask_as(Some(&stranger), "identity", &request).await;
    crate::bad_input::assert_invalid_client(&answer, "a valid certificate of another TPP");
    assert_still_served(&target, &assertion).await;
}

#[tokio::test]
async fn a_poll_without_the_tokens_own_trusted_certificate_is_refused_as_invalid_credentials() {
    let target = Target::start().await;
    let request = Request::json(POLL, "{}").header("Authorization", target.bearer());
    let missing = target.ask_as(None, "api", &request).await;
    assert_invalid_credentials(&missing, "no certificate");
    let mut others = untrusted(&target);
    others.push(("another TPP's", issuing(&target).tpp("stranger", "organisation")));
    for (kind, identity) in others {
        let answer = target.ask_as(Some(&identity), "api", &request).await;
        assert_invalid_credentials(&answer, kind);
    }
    let assertion = target.tpp.assertion(&target.installation);
    assert_still_served(&target, &assertion).await;
}

#[tokio::test]
async fn an_internal_listener_answers_nobody_without_a_service_certificate_of_a_role_it_serves() {
    let target = Target::start().await;
    let strangers = TestPki::new();
    let internal = |role: &str| target::identity(&target.installation.path(role));
    let gateway = internal("certs/internal/gateway");
    let mut outsiders = untrusted(&target);
    outsiders.push(("a TPP's", target.identity.clone()));
    outsiders.push((
        "a stranger's service",
        strangers.service_with_uris("gateway", &["urn:lombard:role:gateway"]),
    ));
    for listener in ["key_manager_internal", "events"] {
        for line in [
            "GET /internal/v1/token-keys",
            "GET /internal/v1/clients",
            "DELETE /internal/v1/clients/x",
            "POST /internal/v1/clients",
            "POST /open-banking/v3.1/events",
            "POST /api/openbanking/event-notifications/create-events",
            "GET /nothing",
        ] {
            let request = Request::new(line)
                .header("x-wso2-client-id", target.tpp.client_id())
                .header("Authorization", "Basic YWRtaW5Ad3NvMi5jb206d3NvMjEyMw==");
            assert_problem(&target.ask_as(None, listener, &request).await, 401, line);
            for (kind, identity) in &outsiders {
                let case = format!("{kind}: {line}");
                assert_problem(
                    &target.ask_as(Some(identity), listener, &request).await,
                    401,
                    &case,
                );
            }
        }
        for line in ["POST /internal/v1/clients", "GET /internal/v1/token-keys/", "GET /nothing"] {
            let answer = target.ask_as(Some(&gateway), listener, &Request::new(line)).await;
            assert_problem(&answer, 403, line);
        }
    }
    let assertion = target.tpp.assertion(&target.installation);
    assert_still_served(&target, &assertion).await;
}

/// What an authority of the installation should not have issued, or somebody else has.
fn untrusted(target: &Target) -> Vec<(&'static str, TestIdentity)> {
    let pki = issuing(target);
    vec![
        ("expired", pki.expired_tpp()),
        ("not yet valid", pki.not_yet_valid_tpp()),
        ("for servers only", pki.wrong_usage_tpp()),
        ("with a weak key", pki.weak_tpp()),
        ("self-signed", pki.self_signed_tpp()),
        ("of a foreign authority", pki.foreign_tpp()),
        ("of a forged authority", pki.forged_tpp("software", "organisation")),
        ("issued by a TPP", pki.issued_by_tpp(&target.identity)),
    ]
}

/// The installation's own authority for TPP certificates.
fn issuing(target: &Target) -> TestPki {
    TestPki::issuing_as(&target::identity(&target.installation.path("certs/tpp/issuing")))
}

fn token_form(target: &Target, assertion: &str) -> String {
    form(&[
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
        ("client_id", target.tpp.client_id()),
    ])
}

#[track_caller]
fn assert_described(answer: &TestAnswer, description: &str) {
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["error_description"], description);
}

#[track_caller]
fn assert_invalid_credentials(answer: &TestAnswer, case: &str) {
    assert_gateway_error(answer, 401, "900901", case);
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["message"], "Invalid Credentials", "{case}");
    let description = body["description"].as_str().unwrap();
    let advice = ". Make sure you have provided the correct security credentials";
    assert!(description.ends_with(advice), "{case}: {description}");
    let challenge = answer.header("www-authenticate");
    assert!(challenge.starts_with("Bearer error=\"invalid_token\""), "{case}: {challenge}");
}

#[track_caller]
fn assert_problem(answer: &TestAnswer, status: u16, case: &str) {
    assert_eq!(answer.status, status, "{case}: {answer:?}");
    assert_eq!(answer.header("content-type"), "application/problem+json", "{case}: {answer:?}");
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["status"], json!(status), "{case}");
}

/// The assertion that was refused with other certificates is still good with its owner's, and the
/// token polls.
async fn assert_still_served(target: &Target, assertion: &str) {
    let request = Request::form("/oauth2/token", token_form(target, assertion));
    let mut connection =
        TestConnection::open(target.address("identity"), Some(&target.identity)).await;
    let answer = connection.ask(&request.bytes()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let poll = Request::json(POLL, "{}").header("Authorization", target.bearer());
    let answer = target.ask("api", &poll).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    target.assert_unharmed().await;
}
