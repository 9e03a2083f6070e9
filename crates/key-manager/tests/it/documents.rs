//! Discovery.

use crate::support::{Answer, ISSUER, Setup, TestServer};

const PATHS: [&str; 2] = [
    "/oauth2/token/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server/oauth2/token",
];

/// AS-33.
#[actix_web::test]
async fn as_33_discovery_says_what_the_server_does_on_both_paths() {
    let server = TestServer::start().await;
    for path in PATHS {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "public, max-age=3600");
        let document = answer.json();
        // OpenID Connect Discovery §4.3 and RFC 8414 §3.3: the URL asked is the issuer's.
        assert_eq!(document["issuer"], ISSUER);
        assert!(format!("https://localhost:9446{}", PATHS[0]).starts_with(ISSUER));
        insta::assert_json_snapshot!("discovery", document);
    }
}

/// AS-33.
#[actix_web::test]
async fn as_33_secrets_are_on_offer_where_they_are_let_in() {
    for (allow_client_secrets, count) in [(true, 5), (false, 3)] {
        let server = Setup { allow_client_secrets, ..Setup::sqlite() }.start().await;
        let document = server.get(PATHS[0]).await.json();
        let methods = document["token_endpoint_auth_methods_supported"].as_array().unwrap();
        assert_eq!(methods.len(), count);
    }
}

#[actix_web::test]
async fn documents_can_be_read_with_get_and_head_alone() {
    let server = TestServer::start().await;
    let http = server.setup.pki.client(None);
    for path in PATHS.into_iter().chain(["/oauth2/jwks"]) {
        let head = Answer::of(http.head(server.identity(path))).await;
        assert_eq!((head.status, head.text.as_str()), (200, ""));
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            let method = method.parse().unwrap();
            let answer = Answer::of(http.request(method, server.identity(path))).await;
            assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"));
            assert_eq!(answer.json()["error"], "invalid_request");
        }
    }
}
