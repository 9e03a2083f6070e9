//! Each client authenticates by the method that is registered for it, and by no other.

use crate::support::{Answer, Pki, Setup, TestServer, Tpp, pki};
use certificates::{IssuedCertificate, KeyKind, PrivateKey};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use std::sync::Arc;

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// Asks for a token with the certificate alone.
async fn by_certificate(server: &TestServer, tpp: &Tpp) -> Answer {
    tpp.post(server, &[GRANT, ("client_id", &tpp.client_id)]).await
}

fn request(server: &TestServer, tpp: &Tpp) -> RequestBuilder {
    tpp.http.post(server.identity("/oauth2/token"))
}

async fn by_basic(server: &TestServer, tpp: &Tpp, secret: &str) -> Answer {
    Answer::of(request(server, tpp).basic_auth(&tpp.client_id, Some(secret)).form(&[GRANT])).await
}

async fn by_form(server: &TestServer, tpp: &Tpp, secret: &str) -> Answer {
    tpp.post(server, &[GRANT, ("client_id", &tpp.client_id), ("client_secret", secret)]).await
}

/// Registers a client that authenticates with its certificate's subject, written as `subject`.
async fn with_subject(server: &TestServer, client_id: &str, subject: &str) -> Tpp {
    let registration = json!({
        "token_endpoint_auth_method": "tls_client_auth",
        "tls_client_auth_subject_dn": subject,
        "jwks": null,
    });
    Tpp::register(server, client_id, &registration).await
}

/// A registration whose `x5c` holds `certificate`.
fn self_signed(certificate: &IssuedCertificate) -> Value {
    let key = signing_key(certificate);
    json!({
        "token_endpoint_auth_method": "self_signed_tls_client_auth",
        "token_endpoint_auth_signing_alg": null,
        "software_id": null,
        "organisation_id": null,
        "jwks": { "keys": [key.public_jwk(Some(&certificate.certificate_der))] },
    })
}

fn signing_key(certificate: &IssuedCertificate) -> jose::SigningKey {
    let pem = certificate.key.to_pem().unwrap();
    jose::SigningKey::from_pem(&pem, jose::Algorithm::Es256).unwrap()
}

/// Registers a client with a secret; the secret too.
async fn with_secret(server: &TestServer, client_id: &str) -> (Tpp, String) {
    let tpp = server.tpp(&format!("{client_id}-base")).await;
    let mut registration = tpp.registration();
    registration["client_id"] = json!(client_id);
    registration["token_endpoint_auth_method"] = json!("client_secret");
    registration["jwks"] = json!(null);
    let answer = server.register(&registration).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    let secret = answer.json()["client_secret"].as_str().unwrap().to_owned();
    (Tpp { client_id: client_id.to_owned(), ..tpp }, secret)
}

#[actix_web::test]
async fn another_method_than_the_registered_one_is_refused() {
    let server = TestServer::start().await;
    let by_key = server.tpp("key").await;
    let by_subject =
        with_subject(&server, "subject", "CN=subject,OU=organisation,O=OpenBanking,C=GB").await;
    let (with_secret, secret) = with_secret(&server, "secret").await;
    for tpp in [&by_key, &with_secret] {
        by_certificate(&server, tpp).await.assert_invalid_client();
    }
    for tpp in [&by_key, &by_subject] {
        by_basic(&server, tpp, &secret).await.assert_invalid_client();
        by_form(&server, tpp, &secret).await.assert_invalid_client();
    }
    for tpp in [&by_subject, &with_secret] {
        let assertion = tpp.assertion(&server).sign();
        tpp.token(&server, &assertion).await.assert_invalid_client();
    }
}

#[actix_web::test]
async fn a_subject_may_be_registered_by_name_by_oid_and_in_hexadecimal() {
    let server = TestServer::start().await;
    for (client_id, subject) in [
        ("by-name", "CN=by-name,OU=organisation,O=OpenBanking,C=GB"),
        ("by-oid", "2.5.4.3=by-oid,2.5.4.11=organisation,OID.2.5.4.10=OpenBanking,2.5.4.6=GB"),
        ("in-hex", "CN=in-hex,OU=#0c0c6f7267616e69736174696f6e,O=OpenBanking,C=#13024742"),
        ("spaced", "cn=spaced, ou=organisation , O = OpenBanking;c=GB"),
    ] {
        let tpp = with_subject(&server, client_id, subject).await;
        let answer = by_certificate(&server, &tpp).await;
        answer.assert_token();
        let claims = crate::tokens::claims(&answer);
        assert_eq!(claims["cnf"]["x5t#S256"], jose::x5t_s256(&tpp.transport.certificate_der));
    }
}

#[actix_web::test]
async fn a_certificate_of_another_subject_is_refused() {
    let server = TestServer::start().await;
    for (client_id, subject) in [
        ("other-name", "CN=another,OU=organisation,O=OpenBanking,C=GB"),
        ("other-case", "CN=OTHER-CASE,OU=organisation,O=OpenBanking,C=GB"),
        ("fewer", "CN=fewer"),
        ("order", "C=GB,O=OpenBanking,OU=organisation,CN=order"),
    ] {
        let tpp = with_subject(&server, client_id, subject).await;
        by_certificate(&server, &tpp).await.assert_invalid_client();
    }
    let tpp = with_subject(&server, "a", "CN=a,OU=organisation,O=OpenBanking,C=GB").await;
    let other = server.tpp("b").await;
    other.post(&server, &[GRANT, ("client_id", &tpp.client_id)]).await.assert_invalid_client();
    tpp.post(&server, &[GRANT]).await.assert_invalid_client();
    by_certificate(&server, &tpp).await.assert_token();
}

#[actix_web::test]
async fn a_registered_certificate_is_compared_whole() {
    let server = TestServer::start().await;
    let registered = server.setup.pki.transport("client-1", "organisation");
    // The same subject from the same issuer, another key.
    let tpp = Tpp::register(&server, "client-1", &self_signed(&registered)).await;
    by_certificate(&server, &tpp).await.assert_invalid_client();
    let http = server.setup.pki.client(Some(&registered));
    by_certificate(&server, &Tpp { http, ..tpp }).await.assert_token();
}

#[actix_web::test]
async fn a_self_signed_certificate_needs_trust_and_registration() {
    let key = PrivateKey::generate(KeyKind::P256).unwrap();
    let key_pem = key.to_pem().unwrap();
    let der = certificates::self_signed("Alone", &key_pem, pki::lifetime()).unwrap();
    let alone = IssuedCertificate {
        certificate_pem: pki::pem(&der),
        chain_pem: pki::pem(&der),
        certificate_der: der,
        key,
    };
    for (pinned, status) in [(vec![], 401), (vec![alone.certificate_pem.clone()], 200)] {
        let mut pki = Pki::new();
        pki.pinned = pinned;
        let pki = Arc::new(pki);
        let server = Setup { pki, ..Setup::sqlite() }.start().await;
        let tpp = Tpp::register(&server, "client-1", &self_signed(&alone)).await;
        by_certificate(&server, &tpp).await.assert_invalid_client();
        let http = server.setup.pki.client(Some(&alone));
        let tpp = Tpp { http, ..tpp };
        let answer = by_certificate(&server, &tpp).await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
}

#[actix_web::test]
async fn a_secret_is_good_by_basic_and_in_the_form_together_with_a_certificate() {
    let server = TestServer::start().await;
    let (tpp, secret) = with_secret(&server, "with-secret").await;
    let wrong = format!("{}x", &secret[..secret.len() - 1]);
    for wrong in [wrong.as_str(), "", "x", &secret[1..]] {
        let refused = by_basic(&server, &tpp, wrong).await;
        refused.assert_invalid_client();
        assert_eq!(refused.header("www-authenticate"), "Basic realm=\"token\"");
        by_form(&server, &tpp, wrong).await.assert_invalid_client();
    }
    let nobody = Tpp { client_id: "nobody".to_owned(), ..server.tpp("somebody").await };
    let unknown = by_basic(&server, &nobody, &secret).await;
    unknown.assert_invalid_client();
    assert_eq!(unknown.header("www-authenticate"), "Basic realm=\"token\"");

    let bare = server.setup.pki.client(None).post(server.identity("/oauth2/token"));
    let bare = bare.basic_auth("with-secret", Some(&secret)).form(&[GRANT]);
    Answer::of(bare).await.assert_invalid_request();
    let other = server.tpp("other").await;
    let foreign = Tpp { client_id: "with-secret".to_owned(), ..other };
    by_basic(&server, &foreign, &secret).await.assert_invalid_client();

    for answer in [by_basic(&server, &tpp, &secret).await, by_form(&server, &tpp, &secret).await] {
        answer.assert_token();
        let claims = crate::tokens::claims(&answer);
        let thumbprint = jose::x5t_s256(&tpp.transport.certificate_der);
        assert_eq!(claims["cnf"]["x5t#S256"], thumbprint);
    }
}

#[actix_web::test]
async fn a_secret_is_shown_once_and_looks_like_one() {
    let server = TestServer::start().await;
    let (_, secret) = with_secret(&server, "c").await;
    assert!(secret.starts_with("lombard_cs_") && secret.len() == 54, "{}", secret.len());
    let (_, other) = with_secret(&server, "d").await;
    assert_ne!(secret, other);
    let operator = server.role(certificates::ServiceRole::Operator);
    for path in ["/internal/v1/clients/c", "/internal/v1/clients"] {
        let shown = Answer::of(operator.get(server.internal(path))).await;
        assert_eq!(shown.status, 200);
        assert!(!shown.text.contains(&secret));
    }
}

#[actix_web::test]
async fn secrets_are_for_sandboxes() {
    let database = test_kit::TestDatabase::sqlite();
    let sandbox = Setup::on(&database);
    let server = sandbox.start().await;
    let (tpp, secret) = with_secret(&server, "c").await;
    by_form(&server, &tpp, &secret).await.assert_token();
    server.stop().await;
    let production = Setup { allow_client_secrets: false, ..sandbox }.start().await;
    by_form(&production, &tpp, &secret).await.assert_invalid_client();
    by_basic(&production, &tpp, &secret).await.assert_invalid_client();
    let registration =
        json!({ "client_id": "d", "roles": [], "token_endpoint_auth_method": "client_secret" });
    production.register(&registration).await.assert_problem(400, "invalid_member");
}

#[actix_web::test]
async fn a_method_is_registered_with_what_it_needs() {
    let server = TestServer::start().await;
    let certificate = server.setup.pki.transport("c", "o");
    let other = signing_key(&server.setup.pki.transport("c", "o"));
    let foreign = json!({ "keys": [other.public_jwk(Some(&certificate.certificate_der))] });
    let bare = json!({ "keys": [other.public_jwk(None)] });
    for (field, method, jwks) in [
        ("token_endpoint_auth_method", "none", json!(null)),
        ("token_endpoint_auth_method", "client_secret_jwt", json!(null)),
        ("tls_client_auth_subject_dn", "tls_client_auth", json!(null)),
        ("jwks", "private_key_jwt", json!(null)),
        ("jwks", "self_signed_tls_client_auth", json!(null)),
        ("jwks", "self_signed_tls_client_auth", bare),
        ("jwks", "self_signed_tls_client_auth", foreign),
    ] {
        let registration = json!({
            "client_id": "c", "roles": [], "token_endpoint_auth_method": method, "jwks": jwks
        });
        let answer = server.register(&registration).await;
        answer.assert_problem(400, "invalid_member");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with(&format!("{field}: ")), "{method}: {detail}");
    }
}
