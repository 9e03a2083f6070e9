//! Introspection (RFC 7662).

use crate::revocation::{access_token, is_active, post};
use crate::support::{Answer, ISSUER, TestServer, Tpp};
use certificates::ServiceRole;
use jiff::SignedDuration;
use jose::{Algorithm, SigningHeader, SigningKey};
use serde_json::json;
use service_kit::Clock;

const PATH: &str = "/oauth2/introspect";

async fn resource_server(server: &TestServer) -> Tpp {
    Tpp::register(server, "bank", &json!({ "roles": [], "resource_server": true })).await
}

#[actix_web::test]
async fn a_request_without_good_credentials_learns_nothing() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let token = access_token(&server, &tpp).await;
    let url = server.identity(PATH);
    let bare = [("token", token.as_str())];
    Answer::of(tpp.http.post(&url).form(&bare)).await.assert_invalid_client();
    let bearer = tpp.http.post(&url).bearer_auth(&token).form(&bare);
    Answer::of(bearer).await.assert_invalid_client();
    let http = server.setup.pki.client(None);
    Answer::of(http.post(&url).form(&bare)).await.assert_invalid_request();
    post(&server, &tpp, PATH, &[]).await.assert_invalid_request();
    post(&server, &tpp, PATH, &[("token", &token), ("token", "x")]).await.assert_invalid_request();
    let got = Answer::of(tpp.http.get(format!("{url}?token={token}"))).await;
    assert_eq!((got.status, got.header("allow")), (405, "POST"));
}

#[actix_web::test]
async fn a_client_sees_its_own_tokens_and_a_resource_server_all() {
    let server = TestServer::start().await;
    let (tpp, other) = (server.tpp("client-1").await, server.tpp("client-2").await);
    let bank = resource_server(&server).await;
    let token = access_token(&server, &tpp).await;
    let hidden = post(&server, &other, PATH, &[("token", &token)]).await;
    assert_eq!((hidden.status, hidden.json()), (200, json!({ "active": false })));
    let now = server.setup.clock.now().as_second();
    for asking in [&tpp, &bank] {
        let fields = [("token", token.as_str()), ("token_type_hint", "nonsense")];
        let answer = post(&server, asking, PATH, &fields).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("content-type"), "application/json");
        let mut body = answer.json();
        assert!(body["jti"].take().is_string());
        assert_eq!(
            body,
            json!({
                "active": true,
                "scope": "eventpolling",
                "client_id": "client-1",
                "token_type": "Bearer",
                "exp": now + 3600,
                "iat": now,
                "nbf": now,
                "sub": "admin@wso2.com@carbon.super",
                "aud": "client-1",
                "iss": ISSUER,
                "jti": null,
                "cnf": { "x5t#S256": jose::x5t_s256(&tpp.transport.certificate_der) },
            })
        );
    }
}

#[actix_web::test]
async fn what_is_no_live_token_of_ours_is_inactive_and_nothing_more_is_said() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let bank = resource_server(&server).await;
    let token = access_token(&server, &tpp).await;
    let foreign = TestServer::start().await;
    let foreign_token = access_token(&foreign, &foreign.tpp("client-1").await).await;
    let payload = token.split('.').nth(1).unwrap();
    let stranger = SigningKey::generate(Algorithm::Ps256).unwrap();
    let header = SigningHeader::default();
    let forged = stranger.sign(&header, b"{\"iss\":\"x\"}").unwrap();
    let spliced = format!(
        "{}.{payload}.{}",
        forged.split('.').next().unwrap(),
        forged.split('.').nth(2).unwrap()
    );
    let assertion = tpp.assertion(&server).sign();
    for text in ["x", "undefined", "..", &foreign_token, &forged, &spliced, &assertion] {
        let answer = post(&server, &bank, PATH, &[("token", text)]).await;
        assert_eq!((answer.status, answer.json()), (200, json!({ "active": false })), "{text}");
        assert!(!is_active(&server, text).await);
    }
    assert!(is_active(&server, &token).await);
    server.setup.clock.advance(SignedDuration::from_secs(3600));
    assert!(!is_active(&server, &token).await, "it has expired");
}

#[actix_web::test]
async fn tokens_of_a_deleted_client_are_inactive_also_once_the_id_is_registered_again() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let token = access_token(&server, &tpp).await;
    assert!(is_active(&server, &token).await);
    let operator = server.role(ServiceRole::Operator);
    let url = server.internal("/internal/v1/clients/client-1");
    assert_eq!(operator.delete(url).send().await.unwrap().status(), 204);
    assert!(!is_active(&server, &token).await);
    server.setup.clock.advance(SignedDuration::from_secs(1));
    let again = server.tpp("client-1").await;
    assert!(!is_active(&server, &token).await);
    assert!(is_active(&server, &access_token(&server, &again).await).await);
}

#[actix_web::test]
async fn tokens_of_a_disabled_client_are_inactive() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let token = access_token(&server, &tpp).await;
    assert!(is_active(&server, &token).await);
    let operator = server.role(ServiceRole::Operator);
    let url = server.internal("/internal/v1/clients/client-1/disable");
    assert_eq!(Answer::of(operator.post(url)).await.status, 200);
    assert!(!is_active(&server, &token).await);
}

#[actix_web::test]
async fn roles_ask_at_the_internal_listener_with_a_form() {
    let server = TestServer::start().await;
    let url = server.internal("/internal/v1/introspect");
    for role in [ServiceRole::Gateway, ServiceRole::Operator] {
        let http = server.role(role);
        let answer = Answer::of(http.post(&url).form(&[("token", "x")])).await;
        assert_eq!((answer.status, answer.json()), (200, json!({ "active": false })));
        Answer::of(http.post(&url).form(&[("x", "y")])).await.assert_problem(400, "invalid_member");
        Answer::of(http.post(&url).json(&json!({}))).await.assert_problem(400, "invalid_body");
    }
    let events = server.role(ServiceRole::EventService);
    assert_eq!(Answer::of(events.post(&url).form(&[("token", "x")])).await.status, 403);
}
