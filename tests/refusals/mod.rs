//! What must be refused on the way from a TPP to its events, and that nothing of it gets through.

mod withdrawn;

use crate::harness::{Installation, Storage};
use serde_json::{Value, json};

fn poll() -> Value {
    json!({"maxEvents": 5, "returnImmediately": true})
}

#[tokio::test]
async fn a_token_with_another_certificate_is_refused() {
    let installation = Installation::start(Storage::Sqlite);
    let mut tpp = installation.tpp("acme");
    let other = installation.tpp("other");
    tpp.authorize(&installation).await;
    tpp.poll(&poll()).await;
    let seen = polls_seen(&installation).await;

    let request = other
        .client()
        .post(format!("{}/open-banking/v3.1/events", installation.url("api")))
        .bearer_auth(tpp.access_token())
        .json(&poll());
    let response = request.send().await.unwrap();

    assert_eq!(response.status(), 401);
    let challenge = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["code"], "900901");
    assert_eq!(polls_seen(&installation).await, seen);
}

#[tokio::test]
async fn a_client_without_a_subscription_is_refused() {
    let installation = Installation::start(Storage::Sqlite);
    installation.run(&["tpp", "new", "loner"]);
    installation.run(&["tpp", "register", "loner", "--no-subscribe"]);
    let mut tpp = crate::harness::Tpp::of(&installation, "loner");
    tpp.authorize(&installation).await;
    let mut subscribed = installation.tpp("acme");
    subscribed.authorize(&installation).await;
    subscribed.poll(&poll()).await;
    let seen = polls_seen(&installation).await;

    let response = tpp.poll_request(&poll()).send().await.unwrap();

    assert_eq!(response.status(), 403);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["code"], "900908");
    assert_eq!(polls_seen(&installation).await, seen);
}

/// AS-20.
#[tokio::test]
async fn an_assertion_is_accepted_once() {
    let installation = Installation::start(Storage::Sqlite);
    let tpp = installation.tpp("acme");
    let assertion = tpp.assertion(&installation);
    assert_eq!(tpp.request_token(&assertion).await.status(), 200);

    let replay = tpp.request_token(&assertion).await;

    assert_eq!(replay.status(), 401);
    assert_eq!(
        replay.json::<Value>().await.unwrap(),
        json!({"error": "invalid_client", "error_description": "Client authentication failed"})
    );
}

#[tokio::test]
async fn an_event_of_another_client_can_be_neither_acknowledged_nor_seen() {
    let installation = Installation::start(Storage::Sqlite);
    let mut owner = installation.tpp("owner");
    let mut other = installation.tpp("other");
    owner.authorize(&installation).await;
    other.authorize(&installation).await;
    let events = json!({"urn:uk:org:openbanking:events:resource-update": {"resourceID": "1"}});
    let jti = installation.bank().create(owner.client_id(), &events).await;

    let taken = other.poll(&json!({"returnImmediately": true, "ack": [jti]})).await;

    assert!(taken.sets.is_empty());
    assert_eq!(owner.drain().await, [jti]);
}

/// Polls that reached the event service, by its own count; at least the one made here, which shows
/// that it counts.
async fn polls_seen(installation: &Installation) -> u64 {
    let url = format!("{}/metrics", installation.url("operations"));
    let metrics = reqwest::get(url).await.unwrap().text().await.unwrap();
    let polls = metrics.lines().filter(|line| line.starts_with("lombard_event_polls_total"));
    let seen = polls.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum();
    assert!(seen > 0, "the event service counts no polls:\n{metrics}");
    seen
}
