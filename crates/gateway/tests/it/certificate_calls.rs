//! Operations that ask for a certificate and no token, and certificates passed on (RFC 9440).

use crate::harness::{Setup, TestGateway, request};
use service_kit::client_certificate::header;
use service_kit::trust_store::TrustAnchors;
use test_kit::{TestAnswer, TestConnection, TestIdentity};

const REGISTER: &str = "/open-banking/v9.0.0/register";
const READ: &str = "/open-banking/v9.0.0/register/7";
const OPENAPI: &str = "openapi: 3.0.0\npaths:\n  /register:\n    post: {}\n  /register/{ClientId}:\n    get: {}\n    delete: {}\n";
const API: &str = r#"
name = "DynamicClientRegistration"
context = "/open-banking/{version}"
version = "v9.0.0"
scopes = []
subscription_required = false
forward_authorization = true
forward_certificate = true

[upstream]
peer = "event-service"
path = "/open-banking/v9.0.0"

[[operation]]
method = "POST"
path = "/register"
security = "certificate"

[[operation]]
method = "GET"
path = "/register/{ClientId}"
security = "token"
"#;

async fn gateway() -> TestGateway {
    let files = vec![
        ("apis/registration/api.toml", API.to_owned()),
        ("apis/registration/openapi.yaml", OPENAPI.to_owned()),
    ];
    TestGateway::with(Setup { files, ..Setup::default() }).await
}

async fn register(
    gateway: &TestGateway,
    identity: Option<&TestIdentity>,
    headers: &str,
) -> TestAnswer {
    let mut connection = TestConnection::open(gateway.address, identity).await;
    connection.ask(&request(&format!("POST {REGISTER}"), headers, "{}")).await
}

fn assert_refused(answer: &TestAnswer, reason: &str) {
    let body = format!(
        r#"{{"code":"900901","message":"Invalid Credentials","description":"{reason}. Make sure you have provided the correct security credentials"}}"#
    );
    assert_eq!((answer.status, answer.body.as_str()), (401, body.as_str()), "{reason}");
    let challenge = answer.header("www-authenticate");
    assert!(challenge.starts_with(r#"Bearer error="invalid_token""#), "{challenge}");
}

#[tokio::test]
async fn a_call_without_the_certificate_that_the_operation_asks_for_is_refused() {
    let gateway = gateway().await;
    assert_refused(&register(&gateway, None, "").await, "Client certificate is missing");
    let token = gateway.token().sign();
    let bearer = format!("Authorization: Bearer {token}\r\n");
    assert_refused(&register(&gateway, None, &bearer).await, "Client certificate is missing");
    assert!(gateway.upstream.requests().is_empty());
}

/// DC-06.
#[tokio::test]
async fn a_certificate_of_an_operation_must_be_trusted_now() {
    let gateway = gateway().await;
    let pki = &gateway.pki;
    for (identity, reason) in [
        (pki.expired_tpp(), "Client certificate is expired"),
        (pki.not_yet_valid_tpp(), "Client certificate is not trusted"),
        (pki.self_signed_tpp(), "Client certificate is not trusted"),
        (pki.foreign_tpp(), "Client certificate is not trusted"),
        (pki.forged_tpp("software", "organisation"), "Client certificate is not trusted"),
        (pki.wrong_usage_tpp(), "Client certificate is not trusted"),
        (pki.weak_tpp(), "Client certificate is not trusted"),
    ] {
        assert_refused(&register(&gateway, Some(&identity), "").await, reason);
    }
    assert!(gateway.upstream.requests().is_empty());
}

/// DC-06.
#[tokio::test]
async fn a_certificate_of_an_operation_revoked_since_is_refused_on_the_connection_it_opened() {
    let gateway = gateway().await;
    let call = request(&format!("POST {REGISTER}"), "", "{}");
    let mut connection = gateway.connect().await;
    assert_eq!(connection.ask(&call).await.status, 200);
    let list = gateway.pki.revocation_list(&[&gateway.transport], "20400101000000Z");
    let anchors = TrustAnchors { revocation_lists_pem: vec![list], ..gateway.pki.tpp_trust() };
    gateway.trust.replace(&anchors).unwrap();
    assert_refused(&connection.ask(&call).await, "Client certificate is revoked");
    assert_eq!(gateway.upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_certificate_is_enough_where_the_operation_asks_for_nothing_else() {
    let gateway = gateway().await;
    assert_eq!(register(&gateway, Some(&gateway.transport), "").await.status, 200);
    let recorded = gateway.upstream.only_request();
    assert_eq!(recorded.target, REGISTER);
    assert!(recorded.headers("x-wso2-client-id").is_empty());
    assert_eq!(client_cert(&recorded), gateway.transport.certificate_der());
}

#[tokio::test]
async fn a_token_that_nobody_verified_is_not_passed_on() {
    let gateway = gateway().await;
    for token in [gateway.token().sign(), "forged".to_owned()] {
        let bearer = format!("Authorization: Bearer {token}\r\n");
        assert_eq!(register(&gateway, Some(&gateway.transport), &bearer).await.status, 200);
        let recorded = gateway.upstream.requests().pop().unwrap();
        assert!(recorded.headers("authorization").is_empty());
    }
}

#[tokio::test]
async fn the_other_operations_of_the_same_api_ask_for_a_token() {
    let gateway = gateway().await;
    for target in [format!("GET {READ}"), format!("DELETE {READ}")] {
        let answer = gateway.connect().await.ask(&request(&target, "", "")).await;
        assert_eq!(answer.status, 401, "{target}");
        assert!(answer.body.contains("900902"), "{}", answer.body);
    }
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn an_api_that_needs_no_subscription_and_no_scope_is_called_with_any_good_token() {
    let gateway = gateway().await;
    let token = gateway.token().claim("scope", "").sign();
    let headers = format!(
        "authorization: bearer {token}\r\nConnection: authorization, client-cert, x-wso2-client-id\r\n"
    );
    let call = request(&format!("GET {READ}"), &headers, "");
    assert_eq!(gateway.connect().await.ask(&call).await.status, 200);
    let recorded = gateway.upstream.only_request();
    assert_eq!(recorded.headers("authorization"), [format!("bearer {token}")]);
    assert_eq!(recorded.headers("x-wso2-client-id"), [crate::harness::CLIENT_ID]);
    assert_eq!(client_cert(&recorded), gateway.transport.certificate_der());
}

#[tokio::test]
async fn the_token_of_an_api_that_needs_no_scope_is_still_bound_to_its_certificate() {
    let gateway = gateway().await;
    let headers = format!("Authorization: Bearer {}\r\n", gateway.token().sign());
    let call = request(&format!("GET {READ}"), &headers, "");
    for identity in [None, Some(&gateway.pki.tpp("other", "other"))] {
        let mut connection = TestConnection::open(gateway.address, identity).await;
        assert_eq!(connection.ask(&call).await.status, 401);
    }
    assert!(gateway.upstream.requests().is_empty());
}

/// GW-09: no spelling of a certificate, or of anything else an upstream believes from the gateway.
#[tokio::test]
async fn no_spelling_of_a_certificate_header_reaches_an_upstream() {
    let gateway = gateway().await;
    assert!(SPELLINGS.len() >= 40);
    let forged = format!(": {}\r\n", header::format(&gateway.pki.foreign_tpp().certificate_der()));
    for names in SPELLINGS.chunks(8) {
        let lines = names.join(&forged) + &forged;
        let answer = register(&gateway, Some(&gateway.transport), &lines).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let recorded = gateway.upstream.requests().pop().unwrap();
        let value = forged.trim_start_matches(": ").trim_end();
        let seen: Vec<_> = recorded.headers.iter().filter(|(_, sent)| sent == value).collect();
        assert!(seen.is_empty(), "{names:?}: {seen:?}");
        assert_eq!(client_cert(&recorded), gateway.transport.certificate_der());
    }
}

/// GW-09 where the API passes no certificate on.
#[tokio::test]
async fn an_api_that_passes_no_certificate_on_passes_none_of_the_clients_own_either() {
    let gateway = gateway().await;
    let token = gateway.token().sign();
    for names in SPELLINGS.chunks(8) {
        let lines = names.join(": forged\r\n") + ": forged\r\n";
        let headers = format!("Authorization: Bearer {token}\r\n{lines}");
        assert_eq!(gateway.poll_with(&headers).await.status, 200);
        let recorded = gateway.upstream.requests().pop().unwrap();
        let seen: Vec<_> = recorded.headers.iter().filter(|(_, sent)| sent == "forged").collect();
        assert!(seen.is_empty(), "{names:?}: {seen:?}");
        assert!(recorded.headers("client-cert").is_empty());
    }
}

#[tokio::test]
async fn a_connection_header_cannot_take_the_certificate_away() {
    let gateway = gateway().await;
    for connection in [
        "client-cert",
        "Client-Cert",
        "close, CLIENT-CERT",
        "client-cert, client-cert",
        " client-cert ",
        "x, client-cert,",
    ] {
        let headers = format!("Connection: {connection}\r\nClient-Cert: :Zm9yZ2Vk:\r\n");
        assert_eq!(register(&gateway, Some(&gateway.transport), &headers).await.status, 200);
        let recorded = gateway.upstream.requests().pop().unwrap();
        assert_eq!(client_cert(&recorded), gateway.transport.certificate_der(), "{connection}");
    }
}

/// The certificate in the only `Client-Cert` that arrived.
fn client_cert(recorded: &crate::harness::Recorded) -> Vec<u8> {
    let values = recorded.headers("client-cert");
    header::parse(values.iter().map(|value| value.as_bytes())).unwrap()
}

/// Names under which servers and proxies pass a client's certificate on, or what they say of it.
const SPELLINGS: [&str; 56] = [
    "Client-Cert",
    "client-cert",
    "CLIENT-CERT",
    "cLiEnT-cErT",
    "Client_Cert",
    "client.cert",
    "Client~Cert",
    "Client-Cert-Chain",
    "client_cert_chain",
    "Client-Certificate",
    "X-Client-Cert",
    "x_client_cert",
    "X-Client_Cert",
    "X_Client-Cert",
    "X-Client-Cert-Chain",
    "X-Client-Certificate",
    "X-Client-Certificate-Chain",
    "X-ClientCert",
    "X-ARR-ClientCert",
    "X-SSL-Cert",
    "x_ssl_cert",
    "X-SSL-Client-Cert",
    "x-ssl_client_cert",
    "X-SSL-Client-Cert-Chain",
    "X-SSL-Client-Certificate",
    "X-SSL-Client-DN",
    "X-SSL-Client-S-DN",
    "X-SSL-Client-Verify",
    "X-SSL-Client-SHA1",
    "X-SSL-Issuer",
    "SSL-Client-Cert",
    "ssl_client_cert",
    "SSL-Client-Verify",
    "SSL_CLIENT_S_DN",
    "SSL-Cert",
    "X-Forwarded-Client-Cert",
    "x_forwarded_client_cert",
    "X-Forwarded-Tls-Client-Cert",
    "X-Forwarded-Tls-Client-Cert-Info",
    "X-Forwarded-SSL-Client-Cert",
    "X-Amzn-Mtls-Clientcert",
    "X-Amzn-Mtls-Clientcert-Leaf",
    "X-Amzn-Mtls-Clientcert-Subject",
    "CF-Client-Cert-DER-Base64",
    "X-TLS-Client-Cert",
    "TLS-Client-Certificate",
    "X-Peer-Cert",
    "X-Peer-Certificate",
    "X-Client-DN",
    "X-Client-S-DN",
    "X-Client-Verify",
    "x-wso2-mutual-auth-cert",
    "x_wso2_mutual_auth_cert",
    "X-WSO2-Client-Certificate",
    "x-wso2_client_certificate",
    "X-Mutual-Auth-Cert",
];
