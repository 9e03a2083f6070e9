//! The table of an internal listener.

use crate::{
    client::{Answer, Client},
    server::{Setup, TestServer},
};
use actix_web::http::Method;
use certificates::ServiceRole;
use openssl::ssl::SslVersion;
use service_kit::access::{AccessRule, CallerRole};
use test_kit::{TestIdentity, TestPki};

static RULES: &[AccessRule] = &[
    AccessRule {
        method: Method::GET,
        path: "/caller",
        callers: &[CallerRole::Gateway, CallerRole::KeyManager],
    },
    AccessRule { method: Method::GET, path: "/items/", callers: &[CallerRole::Gateway] },
    AccessRule { method: Method::POST, path: "/echo", callers: &[CallerRole::Operator] },
];

fn internal() -> TestServer {
    let pki = TestPki::new();
    let anchors = pki.service_trust();
    TestServer::start(pki, Setup { anchors, access: Some(RULES), ..Setup::default() })
}

async fn get(server: &TestServer, identity: Option<&TestIdentity>, path: &str) -> Answer {
    Client::connect(server, identity, SslVersion::TLS1_3).await.get(path).await
}

#[tokio::test]
async fn without_a_service_certificate_every_path_is_401() {
    let server = internal();
    let tpp = server.pki.tpp("software", "organisation");
    for identity in [None, Some(&tpp), Some(&server.pki.self_signed_tpp())] {
        for path in ["/caller", "/items/a", "/nowhere"] {
            let answer = get(&server, identity, path).await;
            assert_eq!(answer.status, 401, "{path}");
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert!(answer.body.contains("urn:lombard:problem:unauthenticated"), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_call_that_the_table_does_not_hold_is_403() {
    let server = internal();
    let gateway = server.pki.service(ServiceRole::Gateway);
    let operator = server.pki.service(ServiceRole::Operator);
    for (identity, path) in [
        (&operator, "/caller"),
        (&operator, "/items/a"),
        (&gateway, "/who"),
        (&gateway, "/nowhere"),
        (&gateway, "/caller/"),
        (&gateway, "/items"),
        (&gateway, "/items/../caller"),
        (&gateway, "/items/%2e%2E/echo"),
        (&gateway, "/%63aller"),
        (&gateway, "//caller"),
    ] {
        let answer = get(&server, Some(identity), path).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.body.contains("urn:lombard:problem:forbidden"), "{}", answer.body);
    }
}

#[tokio::test]
async fn another_method_than_the_tables_is_403_and_reaches_no_handler() {
    let server = internal();
    let mut client = Client::with(&server, &server.pki.service(ServiceRole::Gateway)).await;
    let request = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc";
    assert_eq!(client.ask(request).await.status, 403);
    assert_eq!(client.get("/caller").await.status, 200, "the small body was drained");
    assert!(server.seen.requests().is_empty());
}

#[tokio::test]
async fn a_certificate_of_the_service_ca_without_exactly_one_role_is_403() {
    let server = internal();
    for uris in [
        &[][..],
        &["urn:lombard:role:root"],
        &["urn:lombard:role:gateway", "urn:lombard:role:operator"],
        &["urn:lombard:role:gateway", "https://example.com"],
    ] {
        let identity = server.pki.service_with_uris("gateway", uris);
        assert_eq!(get(&server, Some(&identity), "/caller").await.status, 403, "{uris:?}");
    }
}

#[tokio::test]
async fn a_call_that_the_table_holds_reaches_its_handler_with_the_callers_role() {
    let server = internal();
    for (role, path, body) in [
        (ServiceRole::Gateway, "/caller", "gateway"),
        (ServiceRole::KeyManager, "/caller?query=1", "key-manager"),
        (ServiceRole::Gateway, "/items/a", "a"),
        (ServiceRole::Gateway, "/items/a%20b", "a b"),
    ] {
        let answer = get(&server, Some(&server.pki.service(role)), path).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, body), "{path}");
    }
}

#[tokio::test]
async fn on_a_listener_without_a_table_there_is_no_caller() {
    let server = TestServer::public();
    let tpp = server.pki.tpp("software", "organisation");
    assert_eq!(get(&server, Some(&tpp), "/caller").await.status, 403);
}
