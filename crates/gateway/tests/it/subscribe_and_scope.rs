//! Subscriptions and scopes.

use crate::harness::{CLIENT_ID, Setup, Subscribers, TestGateway, client};
use gateway::declarative::{except, subscribe};
use serde_json::{Value, json};

#[tokio::test]
async fn a_client_without_a_subscription_is_refused_until_it_has_one() {
    let mut gateway = TestGateway::start().await;
    gateway.key_manager.register_silently(client("newcomer", 0));
    let token = gateway.token().client("newcomer").sign();
    let answer = gateway.poll(&token).await;
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let expected = json!({
        "code": "900908",
        "message": "Resource forbidden",
        "description":
            "User is NOT authorized to access the Resource. API Subscription validation failed.",
    });
    assert_eq!((answer.status, body), (403, expected));
    assert!(gateway.upstream.requests().is_empty());

    let before = gateway.definitions().revision;
    let file = gateway.file("subscriptions.toml");
    subscribe(&file, "newcomer", &[], "AggregatedPollingAPI", "Unlimited").unwrap();
    gateway.definitions_after(before).await;
    assert_eq!(gateway.poll(&token).await.status, 200);
    assert_eq!(gateway.upstream.only_request().headers("x-wso2-client-id"), ["newcomer"]);
}

#[tokio::test]
async fn a_removed_subscription_ends_at_once_whatever_was_cached() {
    let mut gateway = TestGateway::start().await;
    let token = gateway.token().sign();
    assert_eq!(gateway.poll(&token).await.status, 200);
    gateway.write("subscriptions.toml", "").await;
    assert_eq!(gateway.poll(&token).await.status, 403);
    assert_eq!(gateway.upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_subscription_to_another_api_does_not_count() {
    let mut gateway = TestGateway::start().await;
    let other =
        format!("[[subscription]]\nclient_id = \"{CLIENT_ID}\"\napi = \"Other\"\nplan = \"P\"\n");
    gateway.write("subscriptions.toml", &other).await;
    assert_eq!(gateway.poll(&gateway.token().sign()).await.status, 403);
}

#[tokio::test]
async fn a_token_without_any_of_the_scopes_is_refused_and_told_which_there_are() {
    let gateway = TestGateway::start().await;
    for token in [
        gateway.token().claim("scope", "openid").sign(),
        gateway.token().claim("scope", "eventpolling2 account").sign(),
        gateway.token().claim("scope", "").sign(),
        gateway.token().without("scope").sign(),
    ] {
        let answer = gateway.poll(&token).await;
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        let expected = json!({
            "code": "900910",
            "message": "The access token does not allow you to access the requested resource",
            "description":
                "User is NOT authorized to access the Resource: /events. Scope validation failed.",
        });
        assert_eq!((answer.status, body), (403, expected));
        assert_eq!(
            answer.headers("www-authenticate"),
            [concat!(
                r#"Bearer realm="WSO2 API Manager", error="insufficient_scope", "#,
                r#"scope="eventpolling accounts payments fundsconfirmations""#
            )]
        );
    }
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn any_one_of_the_scopes_suffices() {
    let gateway = TestGateway::start().await;
    for scope in ["eventpolling", "accounts", "openid payments", "fundsconfirmations"] {
        let token = gateway.token().claim("scope", scope).sign();
        assert_eq!(gateway.poll(&token).await.status, 200, "{scope}");
    }
}

#[tokio::test]
async fn the_shipped_subscriptions_let_every_tpp_poll_but_those_excepted() {
    let setup = Setup { subscribers: Subscribers::AsShipped, ..Setup::default() };
    let mut gateway = TestGateway::with(setup).await;
    for role in ["AISP", "PISP", "CBPII"] {
        let mut client = client(role, 0);
        client["roles"] = json!([role]);
        gateway.key_manager.set_client("client_created", client).await;
        assert_eq!(gateway.poll(&gateway.token().client(role).sign()).await.status, 200, "{role}");
    }
    let before = gateway.definitions().revision;
    assert!(except(&gateway.file("subscriptions.toml"), "PISP").unwrap());
    gateway.definitions_after(before).await;
    for (id, status) in [("AISP", 200), ("PISP", 403), ("CBPII", 200)] {
        assert_eq!(gateway.poll(&gateway.token().client(id).sign()).await.status, status, "{id}");
    }
}

#[tokio::test]
async fn a_client_that_loses_its_role_loses_the_roles_subscription() {
    let setup = Setup { subscribers: Subscribers::AsShipped, ..Setup::default() };
    let gateway = TestGateway::with(setup).await;
    let token = gateway.token().sign();
    assert_eq!(gateway.poll(&token).await.status, 200);
    let mut client = client(CLIENT_ID, 0);
    client["roles"] = json!(["ASPSP"]);
    gateway.key_manager.set_client("client_changed", client).await;
    assert_eq!(gateway.poll(&token).await.status, 403);
}
