//! Tokens and clients that the key manager has withdrawn, at a gateway that used them before.

use super::{poll, polls_seen};
use crate::harness::{Installation, Storage};
use reqwest::{Certificate, Client, Identity};

#[tokio::test]
async fn a_deleted_clients_token_is_refused_on_its_next_poll() {
    let installation = Installation::start(Storage::Sqlite);
    let mut tpp = installation.tpp("acme");
    tpp.authorize(&installation).await;
    tpp.poll(&poll()).await;
    let url = format!(
        "{}/internal/v1/clients/{}",
        installation.url("key_manager_internal"),
        tpp.client_id()
    );

    let deleted = operator(&installation).delete(url).send().await.unwrap();

    assert_eq!(deleted.status(), 204);
    let refused = tpp.until_refused().await;
    assert_eq!(refused["code"], "900901");
    let seen = polls_seen(&installation).await;
    assert_eq!(tpp.poll_request(&poll()).send().await.unwrap().status(), 401);
    assert_eq!(polls_seen(&installation).await, seen);
}

/// AS-35.
#[tokio::test]
async fn a_revoked_token_is_refused_on_its_next_poll_and_the_clients_other_tokens_are_not() {
    let installation = Installation::start(Storage::Sqlite);
    let mut tpp = installation.tpp("acme");
    tpp.authorize(&installation).await;
    let mut with_another = tpp.clone();
    with_another.authorize(&installation).await;
    tpp.poll(&poll()).await;

    installation.run(&["tpp", "revoke", "acme", "--access-token", tpp.access_token()]);

    assert_eq!(tpp.until_refused().await["code"], "900901");
    let seen = polls_seen(&installation).await;
    assert_eq!(tpp.poll_request(&poll()).send().await.unwrap().status(), 401);
    assert_eq!(polls_seen(&installation).await, seen);
    with_another.poll(&poll()).await;
}

#[tokio::test]
async fn a_client_registered_a_moment_ago_may_poll_by_its_role_alone() {
    let installation = Installation::start(Storage::Sqlite);
    let subscriptions = installation.path("gateway/subscriptions.toml");
    let before = std::fs::read_to_string(&subscriptions).unwrap();
    for name in ["one", "two", "three"] {
        let mut tpp = installation.tpp(name);
        tpp.authorize(&installation).await;
        tpp.poll(&poll()).await;
    }
    assert_eq!(std::fs::read_to_string(&subscriptions).unwrap(), before);
}

#[expect(clippy::disallowed_methods, reason = "the operator's side of a test")]
fn operator(installation: &Installation) -> Client {
    let read =
        |name: &str| std::fs::read(installation.path(&format!("certs/internal/{name}"))).unwrap();
    let identity = Identity::from_pkcs8_pem(&read("operator.crt"), &read("operator.key")).unwrap();
    Client::builder()
        .tls_certs_only([Certificate::from_pem(&read("ca.crt")).unwrap()])
        .identity(identity)
        .build()
        .unwrap()
}
