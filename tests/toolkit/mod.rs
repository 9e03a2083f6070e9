//! The toolkit page's own commands, run by curl with nothing but `CURL_CA_BUNDLE` set.

mod curl;

use crate::harness::{Installation, Poll, Storage, Tpp};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use curl::{Answer, curl};
use serde_json::{Value, json};

/// `admin@wso2.com:wso2123`, as every sample of the page has it.
const BASIC: &str = "Authorization: Basic YWRtaW5Ad3NvMi5jb206d3NvMjEyMw==";

#[test]
fn the_token_request_works_as_printed() {
    let installation = Installation::start(Storage::Sqlite);
    let tpp = installation.tpp("acme");

    let answer = token(&installation, &tpp);

    assert_eq!(answer.status, 200, "{}", answer.body);
    let body = answer.json();
    assert_eq!(body["scope"], "eventpolling");
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 3600);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[test]
fn the_four_poll_payloads_work_as_printed() {
    let installation = Installation::start(Storage::Sqlite);
    let tpp = installation.tpp("acme");
    for _ in 0..7 {
        assert_eq!(create_event(&installation, &tpp).status, 201);
    }
    let token = token(&installation, &tpp).json()["access_token"].as_str().unwrap().to_owned();
    let poll = |payload: &Value| poll(&installation, &tpp, &token, payload);

    let first = poll(&json!({"maxEvents": 5, "returnImmediately": true}));
    assert_eq!(first.sets.len(), 5);
    assert!(first.more_available);

    let [one, two, three, ..]: [String; 5] = jtis(&first).try_into().unwrap();
    let error = json!({"err": "authentication_failed", "description": "The SET could not be authenticated"});
    let second = poll(
        &json!({"maxEvents": 0, "returnImmediately": true, "setErrs": {(one.as_str()): error}}),
    );
    assert!(second.sets.is_empty());
    assert!(second.more_available);

    let third = poll(&json!({"maxEvents": 2, "returnImmediately": true, "ack": [two, three]}));
    assert_eq!(jtis(&third), jtis(&first)[3..5]);
    assert!(third.more_available);
    assert_eq!(third.sets, first.sets[3..5], "an event returned again is the same, byte for byte");

    let [four, five]: [String; 2] = jtis(&third).try_into().unwrap();
    let fourth = poll(
        &json!({"returnImmediately": true, "ack": [four], "setErrs": {(five.as_str()): error}}),
    );
    assert_eq!(fourth.sets.len(), 2);
    assert!(!fourth.more_available);
}

#[test]
fn the_accelerator_poll_works_with_the_client_header_the_page_leaves_out() {
    let installation = Installation::start(Storage::Sqlite);
    let tpp = installation.tpp("acme");
    create_event(&installation, &tpp);

    let as_printed = accelerator_poll(&installation, &[]);
    assert_eq!(as_printed.status, 400);
    assert_eq!(
        as_printed.json(),
        json!({"error": "missing_request_header", "error_description": "Missing header x-wso2-client_id"})
    );

    let header = format!("x-wso2-client_id: {}", tpp.client_id());
    let mended = accelerator_poll(&installation, &["-H", &header]);
    assert_eq!(mended.status, 200, "{}", mended.body);
    assert_eq!(Poll::read(&mended.body).sets.len(), 1);
}

#[test]
fn the_poll_without_a_certificate_is_refused() {
    let installation = Installation::start(Storage::Sqlite);
    let tpp = installation.tpp("acme");
    let token = token(&installation, &tpp).json()["access_token"].as_str().unwrap().to_owned();

    let answer = curl(&installation, &poll_arguments(&installation, &token, r#"{"maxEvents":5}"#));

    assert_eq!(answer.status, 401);
    assert_eq!(answer.json()["code"], "900901");
    assert!(answer.header("x-fapi-interaction-id").is_some());
}

fn token(installation: &Installation, tpp: &Tpp) -> Answer {
    let body = format!(
        "grant_type=client_credentials&scope=eventpolling%20openid\
         &client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer\
         &client_assertion={}&redirect_uri=https://www.google.com/redirects/redirect1&client_id={}",
        tpp.assertion(installation),
        tpp.client_id()
    );
    let url = format!("{}/oauth2/token", installation.url("identity"));
    let content_type = "Content-Type: application/x-www-form-urlencoded";
    with_certificate(installation, tpp, &["-X", "POST", &url, "-H", content_type, "-d", &body])
}

fn create_event(installation: &Installation, tpp: &Tpp) -> Answer {
    let resource = "1d80478b-7b4a-4f4e-a7a4-3b1ec1b1e0de";
    let events = json!({
        "urn:uk:org:openbanking:events:consent-authorization-revoked": {"resourceID": resource},
        "urn:uk:org:openbanking:events:resource-update": {"resourceID": resource}
    });
    let url = format!(
        "{}/api/openbanking/event-notifications/create-events",
        installation.url("identity")
    );
    let client = format!("x-wso2-client_id: {}", tpp.client_id());
    let resource = format!("x-wso2-resource_id: {resource}");
    let request = format!("request={}", STANDARD.encode(events.to_string()));
    curl(
        installation,
        &[
            "-X",
            "POST",
            &url,
            "-H",
            BASIC,
            "-H",
            &client,
            "-H",
            &resource,
            "--data-urlencode",
            &request,
        ]
        .map(ToOwned::to_owned),
    )
}

fn accelerator_poll(installation: &Installation, further: &[&str]) -> Answer {
    let url =
        format!("{}/api/openbanking/event-notifications/events", installation.url("identity"));
    let request =
        format!("request={}", STANDARD.encode(r#"{ "maxEvents": 5, "returnImmediately": true }"#));
    let content_type = "Content-Type: application/x-www-form-urlencoded";
    let mut arguments =
        vec!["-X", "POST", &url, "-H", BASIC, "-H", content_type, "--data-urlencode", &request];
    arguments.extend(further);
    curl(installation, &arguments.into_iter().map(ToOwned::to_owned).collect::<Vec<_>>())
}

fn poll(installation: &Installation, tpp: &Tpp, token: &str, payload: &Value) -> Poll {
    let arguments = poll_arguments(installation, token, &payload.to_string());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let answer = with_certificate(installation, tpp, &arguments);
    assert_eq!(answer.status, 200, "{}", answer.body);
    Poll::read(&answer.body)
}

fn poll_arguments(installation: &Installation, token: &str, payload: &str) -> Vec<String> {
    let url = format!("{}/open-banking/v3.1/events", installation.url("api"));
    let bearer = format!("Authorization: Bearer {token}");
    let json = "application/json; charset=utf-8";
    let (accept, content_type) = (format!("accept: {json}"), format!("Content-Type: {json}"));
    ["-X", "POST", &url, "-H", &accept, "-H", &bearer, "-H", &content_type, "-d", payload]
        .map(ToOwned::to_owned)
        .to_vec()
}

fn with_certificate(installation: &Installation, tpp: &Tpp, arguments: &[&str]) -> Answer {
    let file = |name: &str| tpp.files().join(name).display().to_string();
    let mut all =
        vec!["--cert".to_owned(), file("transport.crt"), "--key".to_owned(), file("transport.key")];
    all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    curl(installation, &all)
}

fn jtis(poll: &Poll) -> Vec<String> {
    poll.sets.iter().map(|(jti, _)| jti.clone()).collect()
}
