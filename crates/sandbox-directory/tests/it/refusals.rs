//! What is refused, and how.

use crate::support::{Answer, TestServer};
use certificates::{KeyKind, PrivateKey, ServiceRole, SigningRequest};
use reqwest::Method;
use serde_json::{Value, json};

const ORGANISATIONS: &str = "/api/v1/organisations";
const SOFTWARE: &str = "/api/v1/organisations/org1/software-statements";

/// Every door of the REST API.
const DOORS: [(&str, &str); 11] = [
    ("GET", ORGANISATIONS),
    ("POST", ORGANISATIONS),
    ("GET", "/api/v1/organisations/org1"),
    ("GET", SOFTWARE),
    ("POST", SOFTWARE),
    ("GET", "/api/v1/organisations/org1/software-statements/app1"),
    ("GET", "/api/v1/organisations/org1/software-statements/app1/certificates"),
    ("POST", "/api/v1/organisations/org1/software-statements/app1/certificates"),
    ("POST", "/api/v1/organisations/org1/software-statements/app1/certificates/00/revoke"),
    ("POST", "/api/v1/organisations/org1/software-statements/app1/keys/k/revoke"),
    ("POST", "/api/v1/organisations/org1/software-statements/app1/ssa"),
];

fn csr() -> String {
    let key = PrivateKey::generate(KeyKind::P256).unwrap();
    SigningRequest::make(&key, "acme").unwrap()
}

fn organisation(member: &str, value: impl Into<Value>) -> Value {
    let mut body = json!({ "name": "Acme Limited" });
    body[member] = value.into();
    body
}

fn software(member: &str, value: impl Into<Value>) -> Value {
    let mut body = json!({ "client_name": "Acme" });
    body[member] = value.into();
    body
}

test_kit::on_both_databases! {
    async fn nobody_but_the_operator_gets_in_anywhere(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        server.app().await;
        let pki = &server.setup.pki;
        let tpp = server.setup.client(Some(&pki.tpp("app1", "org1")));
        let gateway = server.setup.client(Some(&pki.service(ServiceRole::Gateway)));
        let unnamed = server.setup.client(Some(&pki.service_with_uris("operator", &[])));
        for (method, path) in DOORS {
            for (client, status, code) in [
                (&server.anonymous, 401, "unauthenticated"),
                (&tpp, 401, "unauthenticated"),
                (&gateway, 403, "forbidden"),
                (&unnamed, 403, "forbidden"),
            ] {
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                let request = client.request(method, server.url(path)).json(&json!({}));
                Answer::of(request).await.assert_problem(status, code);
            }
        }
    }

    async fn an_organisation_that_no_ssa_could_name_is_refused(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let long = "n".repeat(141);
        for body in [
            organisation("name", ""),
            organisation("name", long),
            organisation("name", "a\nb"),
            organisation("name", "a\u{0}b"),
            organisation("organisation_id", "a/b"),
            organisation("organisation_id", "x".repeat(19)),
            organisation("organisation_id", ""),
            organisation("roles", json!([])),
            organisation("roles", json!(["AISP", "AISP"])),
            organisation("roles", json!(["ADMIN"])),
            organisation("registration_id", "1-2"),
        ] {
            server.post(ORGANISATIONS, &body).await.assert_problem(400, "invalid_member");
        }
        for body in [json!({}), organisation("name", 1), organisation("status", "Gone"), organisation("admin", true)] {
            server.post(ORGANISATIONS, &body).await.assert_problem(400, "invalid_body");
        }
    }

    async fn a_software_statement_that_no_ssa_could_name_is_refused(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        server.app().await;
        let many: Vec<_> = (0..101).map(|n| format!("https://acme.example/{n}")).collect();
        for body in [
            software("client_name", ""),
            software("client_name", "n".repeat(41)),
            software("description", "d".repeat(257)),
            software("version", "1".repeat(43)),
            software("version", "1\u{7f}"),
            software("software_id", "x".repeat(23)),
            software("software_id", "a.b"),
            software("roles", json!(["ASPSP"])),
            software("redirect_uris", json!(["acme.example"])),
            software("redirect_uris", json!([format!("https://acme.example/{}", "x".repeat(236))])),
            software("redirect_uris", many),
            software("logo_uri", "https://acme.example/ logo"),
        ] {
            server.post(SOFTWARE, &body).await.assert_problem(400, "invalid_member");
        }
        server.post(SOFTWARE, &software("mode", "Other")).await.assert_problem(400, "invalid_body");
        server.post(SOFTWARE, &json!({})).await.assert_problem(400, "invalid_body");
    }

    async fn an_id_that_is_taken_is_refused(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        server.app().await;
        let body = organisation("organisation_id", "org1");
        server.post(ORGANISATIONS, &body).await.assert_problem(409, "organisation_exists");
        let body = software("software_id", "app1");
        server.post(SOFTWARE, &body).await.assert_problem(409, "software_statement_exists");
    }

    async fn a_certificate_request_that_proves_no_good_key_is_refused(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let path = format!("{}/certificates", server.app().await);
        let good = csr();
        let forged = test_kit::signing_request_with_wrong_signature();
        let cut = good[..good.len() / 2].to_owned();
        for csr in [
            String::new(),
            "x".to_owned(),
            cut,
            good.replace("CERTIFICATE REQUEST", "CERTIFICATE"),
            forged,
            test_kit::signing_request_rsa(1024),
            test_kit::signing_request_p384(),
        ] {
            let order = json!({ "kind": "ob-transport", "csr": csr });
            server.post(&path, &order).await.assert_problem(400, "invalid_csr");
        }
        for order in [
            json!({ "kind": "server", "csr": good }),
            json!({ "kind": "ob-transport", "csr": good, "defect": "ugly" }),
            json!({ "kind": "ob-transport", "csr": good, "subject": "CN=bank" }),
            json!({ "kind": "ob-transport" }),
        ] {
            server.post(&path, &order).await.assert_problem(400, "invalid_body");
        }
    }

    async fn a_name_that_a_certificate_cannot_hold_is_refused_for_psd2_only(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let long = json!({ "organisation_id": "long", "name": "n".repeat(65) });
        server.post(ORGANISATIONS, &long).await.expect(201);
        let software = software("software_id", "app2");
        server.post("/api/v1/organisations/long/software-statements", &software).await.expect(201);
        let path = "/api/v1/organisations/long/software-statements/app2/certificates";
        let order = json!({ "kind": "obwac", "csr": csr() });
        server.post(path, &order).await.assert_problem(409, "unrepresentable");
        let order = json!({ "kind": "ob-transport", "csr": csr() });
        server.post(path, &order).await.expect(201);
    }

    async fn what_is_not_there_is_404(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let app = server.app().await;
        server.post(ORGANISATIONS, &organisation("organisation_id", "org2")).await.expect(201);
        let foreign = "/api/v1/organisations/org2/software-statements/app1";
        for (path, code) in [
            ("/api/v1/organisations/org3".to_owned(), "no_such_organisation"),
            ("/api/v1/organisations/%01".to_owned(), "no_such_organisation"),
            (format!("{SOFTWARE}/app9"), "no_such_software_statement"),
            (foreign.to_owned(), "no_such_software_statement"),
            (format!("{foreign}/certificates"), "no_such_software_statement"),
            ("/api/v2".to_owned(), "not_found"),
        ] {
            server.look(&path).await.assert_problem(404, code);
        }
        for path in [
            "/", "/org1/app9.jwks", "/org2/app1.jwks", "/org3/org3.jwks", "/o%01/x.jwks", "/org1/%ff.jwks",
            "/org2/revoked/app1.jwks", "/certificates/tpp.crt", "/crl/root.crl", "/org1/app1",
        ] {
            server.get(path).await.assert_problem(404, "not_found");
        }
        for path in [
            format!("{app}/certificates/00/revoke"), format!("{app}/certificates/%01/revoke"), format!("{app}/keys/k/revoke"),
        ] {
            server.post(&path, &json!({})).await.assert_problem(404, "no_such_certificate");
        }
        let certificate = server.certificate(&app, "ob-signing", None).await;
        server.post("/api/v1/organisations/org2/software-statements", &software("software_id", "app2")).await.expect(201);
        let serial = certificate["serial"].as_str().unwrap();
        let path = format!("/api/v1/organisations/org2/software-statements/app2/certificates/{serial}/revoke");
        server.post(&path, &json!({})).await.assert_problem(404, "no_such_certificate");
    }

    async fn a_body_that_is_not_one_strict_json_object_is_refused(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let post = |content_type: &'static str, body: Vec<u8>| {
            let request = server.operator.post(server.url(ORGANISATIONS));
            Answer::of(request.header("content-type", content_type).body(body))
        };
        let deep = [br#"{"name":"#.to_vec(), b"[".repeat(10_000)].concat();
        for body in [
            &b"{"[..], b"", b"[]", b"\"\"", b"\xff", br#"{"name":"a","name":"b"}"#, &deep, br#"["Acme"]"#,
        ] {
            post("application/json", body.to_vec()).await.assert_problem(400, "invalid_body");
        }
        let good = br#"{"name":"a"}"#.to_vec();
        post("text/plain", good.clone()).await.assert_problem(415, "unsupported_media_type");
        post("application/json; charset=utf-8", good).await.expect(201);
        let large = [br#"{"name":""#.to_vec(), b"a".repeat(70_000)].concat();
        post("application/json", large).await.assert_problem(413, "body_too_large");
    }

    async fn a_query_or_method_that_no_door_has_is_refused(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        server.app().await;
        for query in ["limit=0", "limit=101", "limit=x", "after=%01", "after=a%2fb"] {
            let answer = server.look(&format!("{ORGANISATIONS}?{query}")).await;
            answer.assert_problem(400, "invalid_member");
        }
        for query in ["limit=1&limit=2", "page=1"] {
            let answer = server.look(&format!("{ORGANISATIONS}?{query}")).await;
            answer.assert_problem(400, "invalid_query");
        }
        for (path, allow) in [(ORGANISATIONS, "GET, POST"), ("/keystore/openbanking.jwks", "GET, HEAD")] {
            let answer = Answer::of(server.operator.delete(server.url(path))).await;
            answer.assert_problem(405, "method_not_allowed");
            assert_eq!(answer.header("allow"), allow);
        }
    }

    async fn lists_are_paged_in_the_order_of_ids(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        for id in ["b", "a", "c"] {
            server.post(ORGANISATIONS, &organisation("organisation_id", id)).await.expect(201);
        }
        let page = server.look(&format!("{ORGANISATIONS}?limit=2")).await.expect(200).json();
        assert_eq!(page["items"][0]["organisation_id"], "a");
        assert_eq!(page["next"], "b");
        let page = server.look(&format!("{ORGANISATIONS}?limit=2&after=b")).await.expect(200).json();
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        assert_eq!(page["items"][0]["organisation_id"], "c");
        assert!(page["next"].is_null());
    }
}
