//! What a client with subscriptions is told of an event.

use crate::harness::{CALLBACK, CLIENT, OTHER_CLIENT, SUBSCRIPTIONS, Setup, TestService, V3};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use test_kit::TestDatabase;

const UPDATE: &str = "urn_uk_org_openbanking_events_resource-update";
const REVOKED: &str = "urn:uk:org:openbanking:events:consent-authorization-revoked";

/// The types in the SETs that wait for `client_id`, event by event.
async fn waiting(service: &TestService, client_id: &str) -> Vec<Vec<String>> {
    let sets = service
        .poll_as(client_id, r#"{"maxEvents":100,"returnImmediately":true}"#)
        .await
        .json()["sets"]
        .clone();
    let types = |set: &Value| {
        let payload = set.as_str().unwrap().split('.').nth(1).unwrap().to_owned();
        let claims = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        claims["events"].as_object().unwrap().keys().cloned().collect()
    };
    sets.as_object().unwrap().values().map(types).collect()
}

async fn create(service: &TestService, types: &[&str]) {
    let events: Vec<String> = types.iter().map(|name| format!(r#""{name}":{{}}"#)).collect();
    let answer = service.create(&format!("{{{}}}", events.join(","))).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

test_kit::on_both_databases! {
    async fn a_subscription_counts_from_its_answer_until_its_deletion(database: TestDatabase) {
        let service = TestService::on(database).await;
        create(&service, &[UPDATE, REVOKED]).await;
        let data = json!({"Version": "3.1", "EventTypes": ["UK.OBIE.Resource-Update"]});
        let id = service.subscribed(CLIENT, &data).await;
        create(&service, &[UPDATE, REVOKED]).await;
        create(&service, &[REVOKED]).await;
        let path = format!("{SUBSCRIPTIONS}/{id}");
        let data = json!({"EventSubscriptionId": id, "Version": "3.1",
                          "EventTypes": ["UK.OBIE.Consent-Authorization-Revoked"]});
        let changed = service.resource("PUT", &path, &json!({"Data": data}).to_string()).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        create(&service, &[UPDATE, REVOKED]).await;
        assert_eq!(service.resource("DELETE", &path, "").await.status, 204);
        create(&service, &["own", REVOKED]).await;

        let told = waiting(&service, CLIENT).await;
        let expected: [&[&str]; 4] = [&[UPDATE, REVOKED], &[UPDATE], &[REVOKED], &["own", REVOKED]];
        assert_eq!(told, expected);
    }

    async fn another_clients_subscription_changes_nothing(database: TestDatabase) {
        let service = TestService::on(database).await;
        let data = json!({"Version": "3.1", "EventTypes": ["UK.OBIE.Resource-Update"]});
        service.subscribed(OTHER_CLIENT, &data).await;
        create(&service, &[UPDATE, REVOKED]).await;
        assert_eq!(waiting(&service, CLIENT).await, [[UPDATE, REVOKED]]);
        assert!(waiting(&service, OTHER_CLIENT).await.is_empty());
    }

    async fn polls_get_the_union_of_what_both_doors_subscribed(database: TestDatabase) {
        let service = TestService::on(database).await;
        for body in [r#"{"eventTypes":["own"]}"#, r#"{"eventTypes":["UK.OBIE.Consent-Access-Revoked"]}"#] {
            let path = format!("{V3}/subscription");
            assert_eq!(service.bank("POST", &path, body).await.status, 201);
        }
        let body = json!({"Data": {"Version": "3.1"}}).to_string();
        let refused = service.resource("POST", SUBSCRIPTIONS, &body).await;
        refused.assert_open_banking_error(409, "UK.OBIE.Rules.ResourceAlreadyExists");
        create(&service, &[UPDATE, REVOKED, "own"]).await;
        assert_eq!(waiting(&service, CLIENT).await, [[REVOKED, "own"]]);
    }

    async fn a_callback_url_leaves_polling_as_it_is(database: TestDatabase) {
        let service = TestService::on(database).await;
        let body = json!({"Data": {"Url": CALLBACK, "Version": "3.1"}}).to_string();
        let made = service.resource("POST", crate::harness::CALLBACK_URLS, &body).await;
        assert_eq!(made.status, 201, "{made:?}");
        create(&service, &[UPDATE, REVOKED]).await;
        assert_eq!(waiting(&service, CLIENT).await, [[UPDATE, REVOKED]]);
    }
}

#[actix_web::test]
async fn where_a_subscription_is_required_nothing_waits_without_one() {
    let mut setup = Setup::new(TestDatabase::sqlite());
    setup.config.require_subscription_to_poll = true;
    let service = TestService::with(&setup).await;
    create(&service, &[UPDATE]).await;
    assert!(waiting(&service, CLIENT).await.is_empty());
    service.subscribed(CLIENT, &json!({"Version": "3.1"})).await;
    create(&service, &[UPDATE]).await;
    assert_eq!(waiting(&service, CLIENT).await, [[UPDATE]]);
}
