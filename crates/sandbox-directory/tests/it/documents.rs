//! JWK sets, and how documents are kept by those who read them.

use crate::support::{Answer, TestServer};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

/// The `kid`s of a JWK set.
async fn kids(server: &TestServer, path: &str) -> Vec<Value> {
    let set = server.get(path).await.expect(200).json();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect()
}

test_kit::on_both_databases! {
    async fn a_signing_certificates_key_is_published_under_its_thumbprint(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let app = server.app().await;
        server.certificate(&app, "ob-transport", None).await;
        let issued = server.certificate(&app, "obseal", None).await;
        let answer = server.get("/org1/app1.jwks").await.expect(200);
        assert_eq!(answer.header("content-type"), "application/json");
        let set = answer.json();
        let [key] = set["keys"].as_array().unwrap().as_slice() else { panic!("{set}") };
        assert_eq!(key["kid"], issued["kid"]);
        assert_eq!(key["x5t"], issued["kid"]);
        assert_eq!((&key["alg"], &key["use"]), (&json!("ES256"), &json!("sig")));
        assert!(key["x5t#S256"].is_string() && key["x5c"][0].is_string());
        assert!(jose::KeySet::parse(&set.to_string()).is_ok());
        assert_eq!(kids(&server, "/org1/org1.jwks").await, [issued["kid"].clone()]);
    }

    async fn a_key_is_published_while_its_certificate_is_valid(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let app = server.app().await;
        for defect in ["expired", "not-yet-valid", "revoked", "wrong-issuer"] {
            server.certificate(&app, "ob-signing", Some(defect)).await;
        }
        assert_eq!(kids(&server, "/org1/app1.jwks").await, Vec::<Value>::new());
        let good = server.certificate(&app, "ob-signing", None).await;
        assert_eq!(kids(&server, "/org1/app1.jwks").await, [good["kid"].clone()]);
        server.setup.clock.advance(SignedDuration::from_hours(24 * 366));
        let later = kids(&server, "/org1/app1.jwks").await;
        assert!(!later.contains(&good["kid"]));
    }

    async fn a_revoked_key_moves_to_the_other_set(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let app = server.app().await;
        let kid = server.certificate(&app, "ob-signing", None).await["kid"].clone();
        assert_eq!(kids(&server, "/org1/revoked/app1.jwks").await, Vec::<Value>::new());
        let path = format!("{app}/keys/{}/revoke", kid.as_str().unwrap());
        server.post(&path, &json!({})).await.expect(200);
        assert_eq!(kids(&server, "/org1/app1.jwks").await, Vec::<Value>::new());
        assert_eq!(kids(&server, "/org1/revoked/app1.jwks").await, std::slice::from_ref(&kid));
        assert_eq!(kids(&server, "/org1/revoked/org1.jwks").await, [kid]);
    }

    async fn a_transport_certificates_key_has_no_kid_to_revoke(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        let app = server.app().await;
        let kid = server.certificate(&app, "ob-transport", None).await["kid"].clone();
        let path = format!("{app}/keys/{}/revoke", kid.as_str().unwrap());
        server.post(&path, &json!({})).await.assert_problem(404, "no_such_certificate");
    }

    async fn a_reader_that_has_a_document_already_gets_304(database: TestDatabase) {
        let server = TestServer::on(&database).await;
        server.app().await;
        for path in ["/keystore/openbanking.jwks", "/org1/app1.jwks", "/crl/issuing.crl", "/certificates/root.crt"] {
            let first = server.get(path).await.expect(200);
            assert_eq!(first.header("cache-control"), "public, max-age=60");
            let request = server.anonymous.get(server.url(path));
            let again = Answer::of(request.header("if-none-match", first.header("etag"))).await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
            assert_eq!(again.header("etag"), first.header("etag"));
            let head = Answer::of(server.anonymous.request(Method::HEAD, server.url(path))).await;
            assert_eq!((head.status, head.header("etag")), (200, first.header("etag")));
            let request = server.anonymous.get(server.url(path)).header("if-none-match", "\"x\"");
            Answer::of(request).await.expect(200);
        }
    }
}
