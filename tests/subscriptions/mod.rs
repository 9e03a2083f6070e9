//! Event subscriptions and callback URLs through the gateway, with real tokens and certificates.

mod documented;

use crate::harness::{Installation, Storage, Tpp};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

const UPDATE: &str = "urn:uk:org:openbanking:events:resource-update";
const REVOKED: &str = "urn:uk:org:openbanking:events:consent-authorization-revoked";
const SUBSCRIPTIONS: &str = "/open-banking/v3.1/event-subscriptions";

/// Status and JSON of a call with the token of `tpp`; no JSON is `null`.
async fn call(
    installation: &Installation,
    tpp: &Tpp,
    (method, path): (Method, &str),
    body: Option<&Value>,
) -> (u16, Value) {
    let url = format!("{}{path}", installation.url("api"));
    let mut request = tpp.client().request(method, url).bearer_auth(tpp.access_token());
    if let Some(body) = body {
        request = request.json(body);
    }
    let response = request.send().await.expect("the gateway answers");
    assert!(response.headers().contains_key("x-fapi-interaction-id"));
    let status = response.status().as_u16();
    let text = response.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

async fn authorized(installation: &Installation, name: &str) -> Tpp {
    let mut tpp = installation.tpp(name);
    tpp.authorize(installation).await;
    tpp
}

/// The event types of each waiting SET; takes them.
async fn taken(tpp: &Tpp) -> Vec<Vec<String>> {
    let poll = tpp.poll(&json!({"maxEvents": 100, "returnImmediately": true})).await;
    let ids: Vec<&String> = poll.sets.iter().map(|(id, _)| id).collect();
    tpp.poll(&json!({"maxEvents": 0, "ack": ids})).await;
    let types = |set: &String| {
        let claims = URL_SAFE_NO_PAD.decode(set.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        claims["events"].as_object().unwrap().keys().cloned().collect()
    };
    poll.sets.iter().map(|(_, set)| types(set)).collect()
}

/// What a client subscribes to is what it polls, until it changes or deletes the subscription.
async fn a_subscription_decides_what_is_polled(storage: Storage) {
    let installation = Installation::start(storage);
    let (tpp, other) =
        (authorized(&installation, "acme").await, authorized(&installation, "other").await);
    let bank = installation.bank();
    let create = async || {
        bank.create(tpp.client_id(), &json!({(UPDATE): {}, (REVOKED): {}})).await;
        bank.create(tpp.client_id(), &json!({(REVOKED): {}})).await;
    };
    let data = json!({"Version": "3.1", "EventTypes": ["UK.OBIE.Resource-Update"]});
    let post = (Method::POST, SUBSCRIPTIONS);
    let (status, made) =
        call(&installation, &tpp, post.clone(), Some(&json!({"Data": data}))).await;
    assert_eq!(status, 201, "{made}");
    let this = made["Links"]["Self"].as_str().unwrap();
    let path = this.strip_prefix(&installation.url("api")).expect("an address of the gateway");
    assert_eq!(call(&installation, &tpp, post, Some(&json!({"Data": data}))).await.0, 409);
    create().await;
    assert_eq!(taken(&tpp).await, [[UPDATE]]);

    let mut data = made["Data"].clone();
    data["EventTypes"] = json!([REVOKED]);
    let change = json!({"Data": data});
    for method in [Method::PUT, Method::DELETE] {
        let body = (method == Method::PUT).then_some(&change);
        assert_eq!(call(&installation, &other, (method, path), body).await.0, 403);
    }
    let (status, changed) = call(&installation, &tpp, (Method::PUT, path), Some(&change)).await;
    assert_eq!((status, &changed["Data"]), (200, &data));
    create().await;
    assert_eq!(taken(&tpp).await, [[REVOKED], [REVOKED]]);

    let listed = call(&installation, &tpp, (Method::GET, SUBSCRIPTIONS), None).await.1;
    assert_eq!(listed["Data"], json!({"EventSubscription": [data]}));
    assert_eq!(call(&installation, &tpp, (Method::DELETE, path), None).await, (204, Value::Null));
    assert_eq!(call(&installation, &tpp, (Method::DELETE, path), None).await.0, 400);
    create().await;
    assert_eq!(taken(&tpp).await, [vec![UPDATE, REVOKED], vec![REVOKED]]);
}

#[tokio::test]
async fn a_subscription_decides_what_is_polled_on_sqlite() {
    a_subscription_decides_what_is_polled(Storage::Sqlite).await;
}

#[tokio::test]
async fn a_subscription_decides_what_is_polled_on_postgres() {
    a_subscription_decides_what_is_polled(Storage::Postgres).await;
}

#[tokio::test]
async fn the_bank_subscribes_its_clients_through_the_key_manager() {
    let installation = Installation::start(Storage::Sqlite);
    let tpp = authorized(&installation, "acme").await;
    let url = format!("{}/api/fs/event-notifications/subscription", installation.url("identity"));
    let bank = |method: Method, below: &str, body: Option<Value>| {
        let request = tpp
            .client()
            .request(method, format!("{url}{below}"))
            .basic_auth("admin@wso2.com", Some("wso2123"))
            .header("x-wso2-client-id", tpp.client_id());
        async {
            let request = body.into_iter().fold(request, |request, body| request.json(&body));
            let response = request.send().await.unwrap();
            let status = response.status().as_u16();
            let text = response.text().await.unwrap();
            (status, serde_json::from_str::<Value>(&text).unwrap_or(Value::Null))
        }
    };
    let (status, made) = bank(Method::POST, "", Some(json!({"eventTypes": [UPDATE]}))).await;
    assert_eq!(status, 201, "{made}");
    let at = format!("/{}", made["subscriptionId"].as_str().unwrap());
    assert_eq!(bank(Method::GET, &at, None).await, (200, made.clone()));
    assert_eq!(bank(Method::GET, &format!("/type/{UPDATE}"), None).await.1, json!([made]));
    let changed = json!({"eventTypes": [REVOKED]});
    let (status, changed) = bank(Method::PUT, &at, Some(changed)).await;
    assert_eq!((status, &changed["eventTypes"]), (200, &json!([REVOKED])));
    assert_eq!(bank(Method::DELETE, &at, None).await, (204, Value::Null));
    assert_eq!(bank(Method::GET, "", None).await, (200, json!([])));
}

#[test]
fn the_command_line_makes_shows_replaces_and_deletes_a_subscription() {
    let installation = Installation::start(Storage::Sqlite);
    installation.tpp("acme");
    let subscribe = |arguments: &[&str]| {
        installation.run_json(&[&["tpp", "subscribe", "acme"], arguments].concat())
    };
    assert_eq!(subscribe(&["--show"]), Value::Null);
    let made = subscribe(&["--event-type", "UK.OBIE.Resource-Update", REVOKED]);
    assert_eq!(made["EventTypes"], json!(["UK.OBIE.Resource-Update", REVOKED]));
    assert_eq!(subscribe(&["--show"]), made);
    let changed = subscribe(&["--update", "--version", "3.1.2"]);
    let id = &made["EventSubscriptionId"];
    assert_eq!(changed, json!({"EventSubscriptionId": id, "Version": "3.1.2"}));
    assert_eq!(subscribe(&["--delete"]), changed);
    assert_eq!(subscribe(&["--show"]), Value::Null);
    let failed = installation.command(&["tpp", "subscribe", "acme", "--delete"]).output().unwrap();
    assert!(!failed.status.success());
    let text = String::from_utf8_lossy(&failed.stderr);
    assert!(text.contains("there is no subscription"), "{text}");
}
