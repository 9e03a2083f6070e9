//! An operator uploads a certificate of one client.

use crate::client_update::changes;
use crate::support::pki::lifetime;
use crate::support::{Answer, Pki, Setup, TestServer, Tpp};
use certificates::{IssuedCertificate, KeyKind, LeafProfile, ServiceRole, TppIdentity};
use jose::{Algorithm, SigningKey};
use serde_json::{Value, json};
use test_kit::TestLog;

/// The leaf alone.
fn pem(issued: &IssuedCertificate) -> String {
    crate::support::pki::pem(&issued.certificate_der)
}

async fn upload(server: &TestServer, id: &str, pem: &str) -> Answer {
    post(server, id, &json!({ "pem": pem })).await
}

async fn post(server: &TestServer, id: &str, body: &Value) -> Answer {
    let url = server.internal(&format!("/internal/v1/clients/{id}/certificates"));
    Answer::of(server.role(ServiceRole::Operator).post(url).json(body)).await
}

/// Registers a client of an application: nothing is known of it but its first certificate.
async fn application(server: &TestServer, id: &str, method: &str) -> Tpp {
    let overrides = json!({
        "software_id": null, "organisation_id": null, "token_endpoint_auth_signing_alg": null,
        "token_endpoint_auth_method": method,
        "jwks": { "keys": [first_key(server)] },
    });
    Tpp::register(server, id, &overrides).await
}

fn first_key(server: &TestServer) -> jose::PublicJwk {
    let first = server.setup.pki.transport("first", "organisation");
    jose::PublicJwk::of_certificate(&first.certificate_der).unwrap()
}

/// A certificate with an RSA key.
fn rsa(authority: &Pki, name: &str) -> IssuedCertificate {
    let profile = LeafProfile::TppTransport(TppIdentity {
        software_id: name.to_owned(),
        organisation_id: "organisation".to_owned(),
    });
    authority.tpps.issue(&profile, KeyKind::Rsa2048, lifetime()).unwrap()
}

/// The TPP with a certificate of an authority that nobody here trusts, which is its key too.
fn with_certificate(server: &TestServer, tpp: Tpp, certificate: IssuedCertificate) -> Tpp {
    let key = certificate.key.to_pem().unwrap();
    let key = SigningKey::from_pem(&key, Algorithm::Ps256).unwrap();
    let key = key.with_key_id(jose::x5t(&certificate.certificate_der));
    let http = server.setup.pki.client(Some(&certificate));
    Tpp { key, http, transport: certificate, ..tpp }
}

async fn by_assertion(server: &TestServer, tpp: &Tpp) -> Answer {
    tpp.token(server, &tpp.assertion(server).sign()).await
}

async fn by_certificate(server: &TestServer, tpp: &Tpp) -> Answer {
    let form = [("grant_type", "client_credentials"), ("client_id", &tpp.client_id)];
    tpp.post(server, &form).await
}

#[actix_web::test]
async fn what_is_not_one_valid_certificate_of_the_client_is_refused() {
    let server = TestServer::start().await;
    let tpp = server.tpp("c").await;
    let strangers = Pki::new();
    let good = pem(&strangers.transport("c", "organisation"));
    let key = tpp.transport.key.to_pem().unwrap().to_string();
    let foreign = pem(&strangers.transport("d", "organisation"));
    for text in ["", "garbage", &key, &format!("{good}{good}"), &foreign] {
        let answer = upload(&server, "c", text).await;
        answer.assert_problem(400, "invalid_member");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with("pem: ") && !detail.contains("BEGIN"), "{detail}");
    }
    for body in [json!({}), json!({ "pem": 1 }), json!({ "pem": good, "alias": "a" }), json!([])] {
        post(&server, "c", &body).await.assert_problem(400, "invalid_member");
    }
    for id in ["nobody", "a%20b", "..."] {
        upload(&server, id, &good).await.assert_problem(404, "no_such_client");
    }
    assert!(changes(&server, 1).await.is_empty());
}

#[actix_web::test]
async fn an_application_authenticates_with_its_uploaded_certificate_at_once() {
    let log = TestLog::capture();
    let server = TestServer::start().await;
    let strangers = Pki::new();
    for (id, method) in [("signing", "private_key_jwt"), ("showing", "self_signed_tls_client_auth")]
    {
        let tpp = application(&server, id, method).await;
        let tpp = with_certificate(&server, tpp, rsa(&strangers, "any"));
        assert_eq!(by_assertion(&server, &tpp).await.status, 401);
        assert_eq!(by_certificate(&server, &tpp).await.status, 401);
        let answer = upload(&server, id, &pem(&tpp.transport)).await;
        assert_eq!((answer.status, &answer.json()["key_registered"]), (201, &json!(true)));
        let x5t_s256 = jose::x5t_s256(&tpp.transport.certificate_der);
        assert_eq!(answer.json()["alias"], format!("{id}.{x5t_s256}"));
        if method == "private_key_jwt" {
            by_assertion(&server, &tpp).await.assert_token();
            by_certificate(&server, &tpp).await.assert_invalid_client();
        } else {
            by_certificate(&server, &tpp).await.assert_token();
            by_assertion(&server, &tpp).await.assert_invalid_client();
        }
        let events = log.audit_events("event", "client_certificate");
        assert!(events.iter().any(|event| {
            event["client_id"] == id
                && event["outcome"] == "trusted"
                && event["x5t_s256"] == x5t_s256
        }));
    }
}

#[actix_web::test]
async fn the_key_is_left_out_where_the_client_authenticates_with_something_else() {
    let server = TestServer::start().await;
    let strangers = Pki::new();
    // It signs with PS256 keys; an uploaded certificate is one to connect with.
    let tpp = server.tpp("c").await;
    let transport = strangers.transport("c", "organisation");
    let answer = upload(&server, "c", &pem(&transport)).await;
    assert_eq!((answer.status, &answer.json()["key_registered"]), (201, &json!(false)));
    let http = server.setup.pki.client(Some(&transport));
    let tpp = Tpp { transport, http, ..tpp };
    by_assertion(&server, &tpp).await.assert_token();
    let subject = json!({
        "token_endpoint_auth_method": "tls_client_auth", "jwks": null,
        "tls_client_auth_subject_dn": "CN=s,OU=organisation,O=OpenBanking,C=GB",
    });
    let tpp = Tpp::register(&server, "s", &subject).await;
    let tpp = with_certificate(&server, tpp, rsa(&strangers, "s"));
    let answer = upload(&server, "s", &pem(&tpp.transport)).await;
    assert_eq!((answer.status, &answer.json()["key_registered"]), (201, &json!(false)));
    by_certificate(&server, &tpp).await.assert_token();
}

#[actix_web::test]
async fn the_longest_client_id_leaves_room_for_the_thumbprint() {
    let server = TestServer::start().await;
    let id = "c".repeat(128);
    let jwks = json!({ "keys": [first_key(&server)] });
    server.register(&json!({ "client_id": id, "roles": [], "jwks": jwks })).await;
    let answer = upload(&server, &id, &pem(&Pki::new().transport("any", "subject"))).await;
    assert_eq!(answer.status, 201);
    let alias = answer.json()["alias"].as_str().unwrap().to_owned();
    let url = server.internal(&format!("/internal/v1/trusted-certificates/{alias}"));
    assert_eq!(Answer::of(server.role(ServiceRole::Operator).delete(url)).await.status, 204);
}

test_kit::on_both_databases! {
    async fn the_same_certificate_again_changes_nothing_and_all_of_several_are_kept(
        database: TestDatabase
    ) {
        let server = Setup::on(&database).start().await;
        let strangers = Pki::new();
        let tpp = application(&server, "c", "private_key_jwt").await;
        let one = with_certificate(&server, tpp, rsa(&strangers, "one"));
        assert_eq!(upload(&server, "c", &pem(&one.transport)).await.status, 201);
        let told = changes(&server, 1).await;
        let types: Vec<_> = told.iter().map(|change| change["type"].clone()).collect();
        assert_eq!(types, ["trust_changed", "client_changed"]);
        let again = upload(&server, "c", &pem(&one.transport)).await;
        assert_eq!((again.status, &again.json()["key_registered"]), (200, &json!(true)));
        assert_eq!(changes(&server, 1).await.len(), 2);
        by_assertion(&server, &one).await.assert_token();
        let two = with_certificate(&server, one, rsa(&strangers, "two"));
        assert_eq!(upload(&server, "c", &pem(&two.transport)).await.status, 201);
        by_assertion(&server, &two).await.assert_token();
        let url = server.internal("/internal/v1/clients/c");
        let shown = Answer::of(server.role(ServiceRole::Operator).get(url)).await.json();
        assert_eq!(shown["jwks"]["keys"].as_array().unwrap().len(), 3);
    }
}
