//! `/callback-urls`, and which URLs the bank would call (EV-34).

use crate::harness::{
    CALLBACK, CALLBACK_URLS, CLIENT, OPEN_BANKING, OTHER_CLIENT, SUBSCRIPTIONS, Setup, TestService,
};
use serde_json::json;
use test_kit::TestDatabase;

/// Hosts that lead inwards or nowhere, in every disguise.
const REFUSED_HOSTS: [&str; 44] = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "intranet",
    "bank.internal",
    "metadata.google.internal",
    "printer.local",
    "host.localdomain",
    "box.home.arpa",
    "something.test",
    "something.invalid",
    "127.0.0.1",
    "127.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "%31%32%37.0.0.1",
    "127.0.0.1.",
    "0",
    "0.0.0.0",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:a00:1]",
    "[64:ff9b::7f00:1]",
    "[fd00::1]",
    "[fe80::1]",
    "[2001:db8::1]",
];

/// URLs that are refused for something else than their host.
const REFUSED_URLS: [&str; 16] = [
    "http://tpp.example.com/v3.1/event-notifications",
    "HTTP://tpp.example.com/v3.1/event-notifications",
    "ftp://tpp.example.com/v3.1/event-notifications",
    "file:///v3.1/event-notifications",
    "gopher://tpp.example.com/v3.1/event-notifications",
    "//tpp.example.com/v3.1/event-notifications",
    "tpp.example.com/v3.1/event-notifications",
    "https:///v3.1/event-notifications/v3.1/event-notifications",
    "https://user@tpp.example.com/v3.1/event-notifications",
    "https://user:secret@tpp.example.com/v3.1/event-notifications",
    "https://tpp.example.com@127.0.0.1/v3.1/event-notifications",
    "https://tpp.example.com:22/v3.1/event-notifications",
    "https://tpp.example.com:99999/v3.1/event-notifications",
    "https://tpp.example.com\\@127.0.0.1/v3.1/event-notifications",
    "https://tpp.example.com/\n/v3.1/event-notifications",
    "https://ⓣpp.example.com/v3.1/event-notifications",
];

fn new(url: &str) -> String {
    json!({"Data": {"Url": url, "Version": "3.1"}}).to_string()
}

#[actix_web::test]
async fn ev_34_urls_that_lead_inwards_are_refused_at_every_door() {
    let service = TestService::start().await;
    let inwards = REFUSED_HOSTS.map(|host| format!("https://{host}/v3.1/event-notifications"));
    for url in inwards.iter().map(String::as_str).chain(REFUSED_URLS) {
        let answer = service.resource("POST", CALLBACK_URLS, &new(url)).await;
        let path = answer.assert_open_banking_error(400, "UK.OBIE.Field.Invalid");
        assert_eq!(path.as_deref(), Some("Data.Url"), "{url}");

        let body = json!({"Data": {"CallbackUrl": url, "Version": "3.1"}}).to_string();
        let answer = service.resource("POST", SUBSCRIPTIONS, &body).await;
        answer.assert_open_banking_error(400, "UK.OBIE.Field.Invalid");

        let path = "/api/fs/event-notifications/subscription";
        let body = json!({ "callbackUrl": url }).to_string();
        let answer = service.bank("POST", path, &body).await;
        let (code, text) = ("invalid_request_payload", "Error in the request payload");
        answer.assert_accelerator_error(400, code, text);
    }
}

#[actix_web::test]
async fn ev_34_public_urls_and_allowed_origins_are_accepted() {
    let mut setup = Setup::new(TestDatabase::sqlite());
    setup.outbound.allowed_origins.push("https://localhost:9999".to_owned());
    let service = TestService::with(&setup).await;
    for url in [
        CALLBACK,
        "https://tpp.example.com:8443/v4.0/event-notifications",
        "https://8.8.8.8/v3.1/event-notifications",
        "https://[2606:4700::1111]/v3.1/event-notifications",
        "https://localhost:9999/v3.1/event-notifications",
    ] {
        let created = service.resource("POST", CALLBACK_URLS, &new(url)).await;
        assert_eq!(created.status, 201, "{url}: {created:?}");
        let data = created.json()["Data"].clone();
        assert_eq!(data["Url"], url);
        let id = data["CallbackUrlId"].as_str().unwrap();
        let deleted = service.resource("DELETE", &format!("{CALLBACK_URLS}/{id}"), "").await;
        assert_eq!(deleted.status, 204);
    }
}

test_kit::on_both_databases! {
    async fn a_callback_url_is_answered_listed_changed_and_deleted_by_its_client_alone(database: TestDatabase) {
        let service = TestService::on(database).await;
        let created = service.resource("POST", CALLBACK_URLS, &new(CALLBACK)).await;
        assert_eq!(created.status, 201, "{created:?}");
        let created = created.json();
        let id = created["Data"]["CallbackUrlId"].as_str().unwrap();
        let at = format!("{CALLBACK_URLS}/{id}");
        let data = json!({"CallbackUrlId": id, "Url": CALLBACK, "Version": "3.1"});
        let this = format!("{OPEN_BANKING}{at}");
        assert_eq!(created, json!({"Data": data, "Links": {"Self": this}, "Meta": {}}));
        let again = service.resource("POST", CALLBACK_URLS, &new(CALLBACK)).await;
        again.assert_open_banking_error(409, "UK.OBIE.Rules.ResourceAlreadyExists");

        let other = "https://tpp.example.com/other/v3.1/event-notifications";
        for (method, body) in [("PUT", new(other)), ("DELETE", String::new())] {
            let foreign = service.resource_of(OTHER_CLIENT, method, &at, &body).await;
            foreign.assert_open_banking_error(403, "UK.OBIE.Resource.NotFound");
        }
        let others = service.resource_of(OTHER_CLIENT, "GET", CALLBACK_URLS, "").await.json();
        assert_eq!(others["Data"], json!({"CallbackUrl": []}));

        let with_id = json!({"Data": {"CallbackUrlId": id, "Url": other, "Version": "3.1"}});
        for body in [new(other), with_id.to_string()] {
            assert_eq!(service.resource("PUT", &at, &body).await.json()["Data"]["Url"], other);
        }
        let listed = service.resource("GET", CALLBACK_URLS, "").await.json();
        assert_eq!(listed["Data"]["CallbackUrl"][0]["Url"], other);
        assert_eq!(service.resource("DELETE", &at, "").await.status, 204);
        let gone = service.resource("DELETE", &at, "").await;
        gone.assert_open_banking_error(400, "UK.OBIE.Resource.NotFound");
    }
}

#[actix_web::test]
async fn a_callback_url_and_a_subscription_stand_beside_each_other() {
    let service = TestService::start().await;
    let created = service.resource("POST", CALLBACK_URLS, &new(CALLBACK)).await.json();
    let id = created["Data"]["CallbackUrlId"].as_str().unwrap();
    service.subscribed(CLIENT, &json!({"Version": "3.1"})).await;
    let deleted = service.resource("DELETE", &format!("{SUBSCRIPTIONS}/{id}"), "").await;
    deleted.assert_open_banking_error(400, "UK.OBIE.Resource.NotFound");
    let listed = service.resource("GET", SUBSCRIPTIONS, "").await.json();
    assert_eq!(listed["Data"]["EventSubscription"].as_array().unwrap().len(), 1);
}
