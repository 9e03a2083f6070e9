//! Clients that come, change and go, and tokens that are revoked, while the gateway runs.

use crate::harness::{
    CLIENT_ID, POLL, Setup, Subscribers, TestGateway, client, request, signing_key, soon,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use test_kit::TestAnswer;

fn assert_invalid_token(answer: &TestAnswer, what: &str) {
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let expected = json!({
        "code": "900901",
        "message": "Invalid Credentials",
        "description": "Invalid Credentials. Make sure you have provided the correct security credentials",
    });
    assert_eq!((answer.status, body), (401, expected), "{what}");
    let challenge = answer.header("www-authenticate");
    assert!(challenge.contains(r#"error="invalid_token""#), "{what}: {challenge}");
}

fn assert_cannot_verify(answer: &TestAnswer) {
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((answer.status, &body["code"]), (503, &json!("900900")), "{answer:?}");
    assert_eq!(answer.header("retry-after"), "1");
}

/// Whose subscriptions are by role.
async fn shipped() -> TestGateway {
    TestGateway::with(Setup { subscribers: Subscribers::AsShipped, ..Setup::default() }).await
}

fn with_status(status: &str) -> Value {
    let mut client = client(CLIENT_ID, 0);
    client["status"] = status.into();
    client
}

/// AS-35.
#[tokio::test]
async fn a_revoked_token_is_refused_as_soon_as_the_feed_tells_although_it_was_used_before() {
    let gateway = TestGateway::start().await;
    let token = gateway.token().claim("jti", "revoked").sign();
    let other = gateway.token().claim("jti", "other").sign();
    for token in [&token, &other] {
        assert_eq!(gateway.poll(token).await.status, 200);
    }
    gateway.key_manager.revoke("revoked", gateway.now() + 3600).await;
    assert_invalid_token(&gateway.poll(&token).await, "revoked");
    assert_eq!(gateway.poll(&other).await.status, 200, "the client's other token");
    assert_eq!(gateway.upstream.requests().len(), 3);
}

/// AS-35.
#[tokio::test]
async fn a_token_revoked_since_is_refused_on_the_connection_that_used_it() {
    let gateway = TestGateway::start().await;
    let token = gateway.token().claim("jti", "revoked").sign();
    let headers = format!("Authorization: Bearer {token}\r\n");
    let poll = request(&format!("POST {POLL}"), &headers, "{}");
    let mut connection = gateway.connect().await;
    assert_eq!(connection.ask(&poll).await.status, 200);
    gateway.key_manager.revoke("revoked", gateway.now() + 3600).await;
    assert_invalid_token(&connection.ask(&poll).await, "revoked");
}

#[tokio::test]
async fn a_disabled_client_is_refused_until_it_is_active_again() {
    let gateway = TestGateway::start().await;
    let token = gateway.token().sign();
    assert_eq!(gateway.poll(&token).await.status, 200);
    gateway.key_manager.set_client("client_disabled", with_status("disabled")).await;
    assert_invalid_token(&gateway.poll(&token).await, "disabled");
    gateway.key_manager.set_client("client_changed", with_status("active")).await;
    assert_eq!(gateway.poll(&token).await.status, 200);
    assert_eq!(gateway.upstream.requests().len(), 2);
}

/// DC-16.
#[tokio::test]
async fn a_token_of_a_deleted_client_is_refused() {
    let gateway = TestGateway::start().await;
    let token = gateway.token().sign();
    assert_eq!(gateway.poll(&token).await.status, 200);
    gateway.key_manager.delete(CLIENT_ID).await;
    assert_invalid_token(&gateway.poll(&token).await, "deleted");
    assert_eq!(gateway.key_manager.questions(), 0, "the feed has said it");
    assert_eq!(gateway.upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_deleted_client_that_nobody_remembers_is_unknown() {
    let gateway = TestGateway::start().await;
    let token = gateway.token().sign();
    gateway.key_manager.delete(CLIENT_ID).await;
    gateway.clock.advance(jiff::SignedDuration::from_secs(61));
    gateway.key_manager.tell(json!({ "type": "of_another_version", "more": [1] })).await;
    // What this change swept away is gone before the next one is asked for.
    assert_invalid_token(&gateway.poll(&token).await, "unknown");
    assert_eq!(gateway.key_manager.questions(), 1);
}

#[tokio::test]
async fn a_token_from_before_its_client_was_registered_is_refused() {
    let gateway = TestGateway::start().await;
    let now = gateway.now();
    let before = gateway.token().claim("iat", now - 1).sign();
    assert_eq!(gateway.poll(&before).await.status, 200);
    gateway.key_manager.delete(CLIENT_ID).await;
    gateway.key_manager.set_client("client_created", client(CLIENT_ID, now)).await;
    assert_invalid_token(&gateway.poll(&before).await, "of the former registration");
    assert_eq!(gateway.poll(&gateway.token().claim("iat", now).sign()).await.status, 200);
}

#[tokio::test]
async fn a_token_that_could_not_be_revoked_is_refused() {
    let gateway = TestGateway::start().await;
    for claim in ["jti", "iat"] {
        assert_invalid_token(&gateway.poll(&gateway.token().without(claim).sign()).await, claim);
    }
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn a_client_registered_a_moment_ago_is_asked_about_and_works_at_once() {
    let gateway = shipped().await;
    gateway.key_manager.register_silently(client("newcomer", 0));
    let token = gateway.token().client("newcomer").sign();
    assert_eq!(gateway.poll(&token).await.status, 200);
    assert_eq!(gateway.key_manager.questions(), 1);
}

#[tokio::test]
async fn a_client_registered_after_it_was_unknown_works_as_soon_as_the_feed_tells() {
    let gateway = shipped().await;
    let token = gateway.token().client("newcomer").sign();
    assert_invalid_token(&gateway.poll(&token).await, "unknown");
    gateway.key_manager.set_client("client_created", client("newcomer", 0)).await;
    assert_eq!(gateway.poll(&token).await.status, 200);
}

#[tokio::test]
async fn an_unknown_client_is_asked_about_once_however_many_calls_there_are() {
    let gateway = TestGateway::start().await;
    let headers = format!("Authorization: Bearer {}\r\n", gateway.token().client("nobody").sign());
    let poll = request(&format!("POST {POLL}"), &headers, "{}");
    gateway.key_manager.hold(true);
    let mut connections = Vec::new();
    for _ in 0..100 {
        let mut connection = gateway.connect().await;
        connection.send(&poll).await;
        connections.push(connection);
    }
    gateway.key_manager.questioned(1).await;
    assert_eq!(gateway.key_manager.questions(), 1, "while there is no answer");
    gateway.key_manager.hold(false);
    for mut connection in connections {
        assert_invalid_token(&soon(connection.answer()).await.unwrap(), "unknown");
    }
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn an_id_that_would_change_the_address_is_not_asked_about() {
    let gateway = TestGateway::start().await;
    for id in ["..", "../clients", "a/b", "a?b", "%2e%2e"] {
        assert_invalid_token(&gateway.poll(&gateway.token().client(id).sign()).await, id);
    }
    assert_eq!(gateway.key_manager.questions(), 0);
}

#[tokio::test]
async fn a_key_manager_that_is_away_leaves_what_was_known_in_force() {
    let gateway = TestGateway::start().await;
    let (good, revoked) =
        (gateway.token().claim("jti", "good").sign(), gateway.token().claim("jti", "bad").sign());
    gateway.key_manager.revoke("bad", gateway.now() + 3600).await;
    gateway.key_manager.go_down();
    assert_eq!(gateway.poll(&good).await.status, 200);
    assert_invalid_token(&gateway.poll(&revoked).await, "revoked");
    assert_cannot_verify(&gateway.poll(&gateway.token().client("newcomer").sign()).await);
    assert!(gateway.readiness.is_ready());

    gateway.key_manager.record(json!({
        "type": "token_revoked", "jti": "good", "client_id": CLIENT_ID,
        "expires_at": gateway.now() + 3600,
    }));
    gateway.key_manager.come_back();
    gateway.key_manager.told().await;
    assert_invalid_token(&gateway.poll(&good).await, "revoked meanwhile");
}

#[tokio::test]
async fn a_gateway_whose_position_is_gone_reads_the_state_again() {
    let gateway = TestGateway::start().await;
    let token = gateway.token().sign();
    assert_eq!(gateway.poll(&token).await.status, 200);
    gateway.key_manager.go_down();
    gateway.key_manager.register_silently(with_status("disabled"));
    gateway.key_manager.record(json!({ "type": "client_disabled" }));
    gateway.key_manager.forget_changes();
    gateway.key_manager.come_back();
    gateway.key_manager.told().await;
    assert_invalid_token(&gateway.poll(&token).await, "disabled meanwhile");
    assert_eq!(gateway.key_manager.states(), 2);
}

#[tokio::test]
async fn a_gateway_that_knows_no_clients_yet_is_not_ready_and_says_so() {
    let setup = Setup { broken: true, without_clients: true, ..Setup::default() };
    let gateway = TestGateway::with(setup).await;
    gateway.key_manager.fetched(1).await;
    while gateway.readiness.closed().iter().any(|(name, _)| *name != "gateway-clients") {
        tokio::task::yield_now().await;
    }
    let token = gateway.token().sign();
    assert_cannot_verify(&gateway.poll(&token).await);
    assert!(gateway.upstream.requests().is_empty());

    gateway.key_manager.show_clients();
    soon(gateway.readiness.ready()).await;
    assert_eq!(gateway.poll(&token).await.status, 200);
}

#[tokio::test]
async fn tokens_revoked_before_the_start_are_refused() {
    let setup = Setup { broken: true, without_clients: true, ..Setup::default() };
    let gateway = TestGateway::with(setup).await;
    gateway.key_manager.revoke_silently("revoked", gateway.now() + 3600);
    gateway.key_manager.show_clients();
    soon(gateway.readiness.ready()).await;
    let token = gateway.token().claim("jti", "revoked").sign();
    assert_invalid_token(&gateway.poll(&token).await, "revoked");
}

#[tokio::test]
async fn keys_that_changed_are_fetched_at_once() {
    let gateway = TestGateway::start().await;
    let (old, new) = (gateway.key_manager.signing_key(), signing_key("token-key-2"));
    let fetches = gateway.key_manager.fetches();
    gateway.key_manager.publish(new.clone());
    gateway.key_manager.tell(json!({ "type": "token_keys_changed" })).await;
    gateway.key_manager.fetched(fetches + 1).await;
    for key in [&old, &new] {
        assert_eq!(gateway.poll(&gateway.token().signed_by(key).sign()).await.status, 200);
    }
}

#[tokio::test]
async fn an_uploaded_certificate_is_trusted_from_the_feed_on_and_no_longer_than_that() {
    let gateway = TestGateway::start().await;
    let uploaded = gateway.pki.self_signed_tpp();
    let der = uploaded.certificate_der();
    let token = gateway.token().claim("cnf", json!({ "x5t#S256": jose::x5t_s256(&der) })).sign();
    let poll = || gateway.poll_as(Some(&uploaded), &token);
    assert_eq!(poll().await.status, 401);
    gateway.key_manager.trust(vec![STANDARD.encode(&der)]).await;
    assert_eq!(poll().await.status, 200);
    gateway.key_manager.trust(vec!["not a certificate".to_owned()]).await;
    assert_eq!(poll().await.status, 200, "the last set that could be used");
    gateway.key_manager.trust(Vec::new()).await;
    assert_eq!(poll().await.status, 401);
    assert_eq!(gateway.upstream.requests().len(), 2);
}
