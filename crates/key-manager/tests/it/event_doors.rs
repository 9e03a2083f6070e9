//! The event-notification doors on the public listener.

use crate::support::{Answer, Setup, TestServer};
use actix_web::http::header::HeaderValue;
use actix_web::{HttpRequest, HttpResponse, web};
use certificates::ServiceRole;
use jiff::SignedDuration;
use serde_json::{Value, json};
use service_kit::SystemRandom;
use service_kit::access::{AccessRule, CallerRole};
use service_kit::listener::{Limits, Listener, ListenerOptions};
use service_kit::shutdown::Shutdown;
use std::sync::Arc;
use std::time::Duration;

static KEY_MANAGER_ONLY: &[AccessRule] = &[AccessRule {
    method: actix_web::http::Method::POST,
    path: "/api/",
    callers: &[CallerRole::KeyManager],
}];

/// `bank:right`.
static RIGHT: HeaderValue = HeaderValue::from_static("Basic YmFuazpyaWdodA==");

/// An event service that says what it was sent, is slow, or wants the right password.
async fn echo(request: HttpRequest, body: web::Bytes) -> HttpResponse {
    match request.query_string() {
        "slow" => futures_util::future::pending().await,
        "password" if request.headers().get("authorization") != Some(&RIGHT) => {
            return HttpResponse::Unauthorized().finish();
        }
        _ => {}
    }
    let headers: serde_json::Map<String, Value> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()))
        .collect();
    HttpResponse::Created().insert_header(("x-answered-by", "event-service")).json(json!({
        "uri": request.uri().to_string(),
        "headers": headers,
        "body": String::from_utf8_lossy(&body),
    }))
}

/// A key manager before an event service; both stop with the value.
async fn start() -> (TestServer, Shutdown) {
    start_with(Setup::sqlite()).await
}

async fn start_with(mut setup: Setup) -> (TestServer, Shutdown) {
    setup.config.event_timeout_seconds = 1;
    let mut tls = setup.pki.internal_tls();
    let identity = setup.pki.service_identity(ServiceRole::EventService);
    tls.identities[0].chain_pem = identity.chain_pem;
    tls.identities[0].key_pem = identity.key_pem;
    tls.access = Some(KEY_MANAGER_ONLY);
    let listener = Listener::bind(ListenerOptions {
        name: "events",
        bind: "127.0.0.1:0".parse().unwrap(),
        tls,
        limits: Limits::default(),
        workers: 1,
        clock: setup.clock.clone(),
        random: Arc::new(SystemRandom),
    })
    .unwrap();
    setup.event_service_url = format!("https://localhost:{}", listener.address().port());
    let shutdown = Shutdown::new();
    let routes = |routes: &mut web::ServiceConfig| {
        routes.default_service(web::to(echo));
    };
    actix_web::rt::spawn(listener.serve(routes, shutdown.signal()));
    (setup.start().await, shutdown)
}

fn post(server: &TestServer, path: &str) -> reqwest::RequestBuilder {
    server.setup.pki.client(None).post(server.identity(path))
}

#[actix_web::test]
async fn both_base_paths_are_forwarded_unread_with_credentials_and_wso2_headers() {
    let (server, _events) = start().await;
    for path in [
        "/api/openbanking/event-notifications/create-events",
        "/api/openbanking/event-notifications/events",
        "/api/openbanking/event-notifications/events/anything/below",
        "/api/fs/event-notifications/events?a=%2F&b",
    ] {
        let request = post(&server, path)
            .basic_auth("admin@wso2.com", Some("wso2123"))
            .header("x-wso2-client_id", "client-1")
            .header("x-wso2-resource_id", "resource")
            .header("x-fapi-interaction-id", "93bac548-d2de-4546-b106-880a5018460d")
            .header("client-cert", ":forged:")
            .header("content-type", "application/x-www-form-urlencoded")
            .body("request=%%%not+read");
        let answer = Answer::of(request).await;
        assert_eq!((answer.status, answer.header("x-answered-by")), (201, "event-service"));
        let seen = answer.json();
        assert_eq!((&seen["uri"], &seen["body"]), (&json!(path), &json!("request=%%%not+read")));
        let headers = &seen["headers"];
        let basic = "Basic YWRtaW5Ad3NvMi5jb206d3NvMjEyMw==";
        assert_eq!(headers["authorization"], basic);
        assert_eq!(headers["x-wso2-client_id"], "client-1");
        assert_eq!(headers["x-wso2-resource_id"], "resource");
        assert_eq!(headers["x-fapi-interaction-id"], "93bac548-d2de-4546-b106-880a5018460d");
        assert!(headers.get("client-cert").is_none());
    }
}

#[actix_web::test]
async fn an_event_service_that_is_away_or_slow_is_said_in_the_accelerators_shape() {
    let (server, events) = start().await;
    let path = "/api/openbanking/event-notifications/events";
    let slow = Answer::of(post(&server, &format!("{path}?slow")).body("request=x")).await;
    assert_eq!((slow.status, &slow.json()["error"]), (504, &json!("temporarily_unavailable")));
    assert_eq!(slow.header("content-type"), "application/json; charset=utf-8");
    events.trigger();
    let gone = loop {
        let answer = Answer::of(post(&server, path).body("request=x")).await;
        if answer.status != 201 {
            break answer;
        }
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    };
    assert!([502, 503].contains(&gone.status), "{}", gone.text);
    let away = Setup::sqlite().start().await;
    let answer = Answer::of(post(&away, path).body("request=x")).await;
    assert_eq!((answer.status, &answer.json()["error"]), (503, &json!("temporarily_unavailable")));
}

#[actix_web::test]
async fn a_body_over_64_kib_is_not_forwarded() {
    let (server, _events) = start().await;
    let request = post(&server, "/api/fs/event-notifications/create-events");
    let answer = Answer::of(request.body("x".repeat(64 * 1024 + 1))).await;
    assert_eq!(answer.status, 413, "{}", answer.text);
    assert_eq!(answer.json()["error"], "invalid_request_payload");
    assert_eq!(answer.json()["error_description"], "Error in the request payload");
}

#[actix_web::test]
async fn a_path_that_could_mean_another_one_is_not_forwarded() {
    let (server, _events) = start().await;
    for path in [
        "/api/openbanking/event-notifications/%2e%2e%2fopen-banking/v3.1/events",
        "/api/openbanking/event-notifications/events%5c..",
        "/api/openbanking/event-notifications//events",
        "/api/openbanking/%65vent-notifications/events",
    ] {
        let answer = Answer::of(post(&server, path).body("request=x")).await;
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.text);
        assert_eq!(answer.header("x-answered-by"), "");
    }
}

async fn attempt(server: &TestServer, user: &str, password: &str) -> Answer {
    let path = "/api/openbanking/event-notifications/events?password";
    Answer::of(post(server, path).basic_auth(user, Some(password)).body("request=x")).await
}

#[actix_web::test]
async fn wrong_passwords_of_one_user_stop_that_user_alone_and_for_a_while() {
    let mut setup = Setup::sqlite();
    setup.config.failure_limit.per_minute = 5;
    let (server, _events) = start_with(setup).await;
    for _ in 0..10 {
        assert_eq!(attempt(&server, "bank", "right").await.status, 201);
    }
    for _ in 0..5 {
        assert_eq!(attempt(&server, "other", "wrong").await.status, 401);
    }
    let slowed = attempt(&server, "other", "wrong").await;
    assert_eq!((slowed.status, &slowed.json()["error"]), (429, &json!("slow_down")));
    assert_eq!(slowed.header("retry-after"), "12");
    assert_eq!(attempt(&server, "bank", "right").await.status, 201);
    for _ in 0..5 {
        assert_eq!(attempt(&server, "bank", "wrong").await.status, 401);
    }
    assert_eq!(attempt(&server, "bank", "right").await.status, 429);
    server.setup.clock.advance(SignedDuration::from_secs(12));
    assert_eq!(attempt(&server, "bank", "right").await.status, 201);
    assert_eq!(attempt(&server, "other", "wrong").await.status, 401);
}
