//! Files that change while the gateway runs.

use crate::harness::{POLL, Setup, TestGateway, client, request, soon};
use std::fmt::Write as _;

const API: &str = "apis/aggregated-polling/api.toml";
const OPENAPI: &str = "apis/aggregated-polling/openapi.yaml";

fn api(name: &str, context: &str, version: &str) -> String {
    format!(
        "name = \"{name}\"\ncontext = \"{context}\"\nversion = \"{version}\"\nscopes = [\"accounts\"]\n\
         [upstream]\npeer = \"event-service\"\npath = \"/inside\"\n"
    )
}

fn openapi(operations: &[(&str, &str)]) -> String {
    let mut text = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n".to_owned();
    for (methods, path) in operations {
        writeln!(text, "  {path}:").unwrap();
        for method in methods.split(' ') {
            writeln!(text, "    {method}: {{}}").unwrap();
        }
    }
    text
}

fn secured(method: &str, path: &str, security: &str) -> String {
    format!("\n[[operation]]\nmethod = \"{method}\"\npath = \"{path}\"\nsecurity = \"{security}\"")
}

async fn status(gateway: &TestGateway, target: &str) -> u16 {
    gateway.connect().await.ask(&request(target, "", "")).await.status
}

#[tokio::test]
async fn a_changed_definition_is_taken_in() {
    let mut gateway = TestGateway::start().await;
    assert_eq!(status(&gateway, "POST /open-banking/v9.0/events").await, 404);
    let text = std::fs::read_to_string(gateway.file(API)).unwrap();
    let status_after =
        gateway.write(API, &text.replace(r#"version = "v3.1""#, r#"version = "v9.0""#)).await;
    assert!(status_after.problems.is_empty(), "{status_after:?}");
    assert_eq!(status(&gateway, "POST /open-banking/v9.0/events").await, 401);
    assert_eq!(status(&gateway, &format!("POST {POLL}")).await, 404);
}

#[tokio::test]
async fn a_broken_definition_keeps_the_last_good_one_and_names_the_line() {
    let mut gateway = TestGateway::start().await;
    let text = std::fs::read_to_string(gateway.file(API)).unwrap();
    for (path, broken, line, reason) in [
        (API, format!("{text}\nplan = [\n"), None, ""),
        (
            API,
            text.replace("peer = \"event-service\"", "peer = \"nobody\""),
            Some(13),
            "event-service",
        ),
        (API, text.replace("version = \"v3.1\"", "version = \"../x\""), Some(4), "segment"),
        (API, text.replace("plan =", "plam ="), Some(5), "plam"),
        (API, text.replace("timeout_seconds = 65", "timeout_seconds = 0"), Some(10), "600"),
        (API, text.replace("scopes = [\"event", "scopes = [\"\", \"event"), Some(8), "scope"),
        (API, format!("{text}{}", secured("GET", "/events", "token")), Some(16), "GET /events"),
        (API, format!("{text}{}", secured("post", "/events", "token")), Some(16), "post /events"),
        (API, format!("{text}{}", secured("POST", "/events", "none")), Some(19), "none"),
        (
            API,
            format!("{text}{}", secured("POST", "/events", "token").repeat(2)),
            Some(20),
            "named twice",
        ),
        (OPENAPI, "openapi: 3.0.3\npaths:\n  /events:\n    post: {\n".to_owned(), None, ""),
        (OPENAPI, "openapi: '2.0'\npaths: {}\n".to_owned(), Some(1), "2.0"),
        (OPENAPI, openapi(&[("post", "/events"), ("get", "/a{b")]), Some(7), "braces"),
        (OPENAPI, openapi(&[("post", "/events"), ("get", "/events")]), Some(6), "duplicate"),
        (OPENAPI, openapi(&[("post", "/../events")]), Some(5), "normal form"),
    ] {
        let good = std::fs::read_to_string(gateway.file(path)).unwrap();
        let status = gateway.write(path, &broken).await;
        let [problem] = &status.problems[..] else { panic!("one problem: {status:?}") };
        assert_eq!(problem.file, gateway.file(path), "{problem}");
        assert!(problem.line.is_some(), "{problem}");
        assert!(line.is_none() || problem.line == line, "{problem}");
        assert!(problem.message.contains(reason), "{problem}");
        assert_eq!(gateway.poll(&gateway.token().sign()).await.status, 200, "after {problem}");
        assert!(gateway.readiness.is_ready());
        let status = gateway.write(path, &good).await;
        assert!(status.problems.is_empty(), "{status:?}");
    }
}

#[tokio::test]
async fn broken_subscriptions_keep_the_last_good_ones() {
    let mut gateway = TestGateway::start().await;
    let token = gateway.token().sign();
    let status = gateway.write("subscriptions.toml", "\n\n[[subscription]]\nclient = 1\n").await;
    assert_eq!(status.problems[0].line, Some(4), "{status:?}");
    assert_eq!(gateway.poll(&token).await.status, 200);

    std::fs::remove_file(gateway.file("subscriptions.toml")).unwrap();
    let status = gateway.definitions_after(status.revision).await;
    assert_eq!(status.problems.len(), 1, "{status:?}");
    assert_eq!(gateway.poll(&token).await.status, 200);
}

#[tokio::test]
async fn a_broken_api_does_not_hold_up_a_withdrawn_subscription() {
    let mut gateway = TestGateway::start().await;
    gateway.write(API, "name = ").await;
    gateway.write("subscriptions.toml", "").await;
    assert_eq!(gateway.poll(&gateway.token().sign()).await.status, 403);
}

#[tokio::test]
async fn a_removed_api_is_not_found_any_more() {
    let mut gateway = TestGateway::start().await;
    let revision = gateway.definitions().revision;
    std::fs::rename(gateway.file("apis/aggregated-polling"), gateway.file("retired")).unwrap();
    gateway.definitions_after(revision).await;
    assert_eq!(gateway.poll(&gateway.token().sign()).await.status, 404);
}

#[tokio::test]
async fn a_directory_that_cannot_be_listed_changes_nothing() {
    let mut gateway = TestGateway::start().await;
    let revision = gateway.definitions().revision;
    std::fs::rename(gateway.file("apis"), gateway.file("gone")).unwrap();
    let status = gateway.definitions_after(revision).await;
    assert_eq!(status.problems.len(), 1, "{status:?}");
    assert_eq!(gateway.poll(&gateway.token().sign()).await.status, 200);
    std::fs::rename(gateway.file("gone"), gateway.file("apis")).unwrap();
    assert!(gateway.definitions_after(status.revision).await.problems.is_empty());
}

#[tokio::test]
async fn a_gateway_that_starts_with_a_broken_definition_serves_the_others_and_is_not_ready() {
    let files = vec![
        ("apis/broken/api.toml", "name = \"Broken\"\n".to_owned()),
        ("apis/broken/openapi.yaml", openapi(&[("get", "/x")])),
    ];
    let mut gateway = TestGateway::with(Setup { files, broken: true, ..Setup::default() }).await;
    let closed = gateway.readiness.closed();
    let (_, reason) = closed.iter().find(|(name, _)| *name == "gateway-definitions").unwrap();
    assert!(reason.contains("apis/broken/api.toml:1: "), "{reason}");
    assert_eq!(status(&gateway, &format!("POST {POLL}")).await, 401);
    gateway.write("apis/broken/api.toml", &api("Mended", "/mended", "v1")).await;
    soon(gateway.readiness.ready()).await;
    assert_eq!(status(&gateway, "GET /mended/v1/x").await, 401);
}

#[tokio::test]
async fn apis_may_share_context_and_version_while_their_operations_are_disjoint() {
    let files = vec![
        ("apis/second/api.toml", api("Second", "/open-banking/{version}", "v3.1")),
        (
            "apis/second/openapi.yaml",
            openapi(&[("get", "/events"), ("get", "/event-subscriptions/{Id}")]),
        ),
    ];
    let mut gateway = TestGateway::with(Setup { files, ..Setup::default() }).await;
    assert_eq!(status(&gateway, "GET /open-banking/v3.1/events").await, 401);
    assert_eq!(status(&gateway, "GET /open-banking/v3.1/event-subscriptions/7").await, 401);
    assert_eq!(status(&gateway, "POST /open-banking/v3.1/events").await, 401);
    let answer = gateway.connect().await.ask(&request(&format!("PUT {POLL}"), "", "")).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, POST"));

    let clash = openapi(&[("get post", "/events")]);
    let status_after = gateway.write("apis/second/openapi.yaml", &clash).await;
    let [problem] = &status_after.problems[..] else { panic!("one: {status_after:?}") };
    assert_eq!(
        problem.message,
        "POST /open-banking/v3.1/events is an operation of API AggregatedPollingAPI already"
    );
    let still_there = "GET /open-banking/v3.1/event-subscriptions/7";
    assert_eq!(status(&gateway, still_there).await, 401, "what was served before stays");
    assert_eq!(gateway.poll(&gateway.token().sign()).await.status, 200);
}

#[tokio::test]
async fn templates_that_differ_in_names_are_one_path() {
    let files = vec![
        ("apis/second/api.toml", api("Second", "/open-banking", "v3.1")),
        ("apis/second/openapi.yaml", openapi(&[("get", "/things/{a}"), ("delete", "/things/{b}")])),
    ];
    let mut gateway = TestGateway::with(Setup { files, ..Setup::default() }).await;
    let answer =
        gateway.connect().await.ask(&request("POST /open-banking/v3.1/things/1", "", "")).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "DELETE, GET"));
    for (broken, line) in [
        (openapi(&[("get", "/t/{a}-{b}")]), 5),
        (openapi(&[("get", "/t/{a}"), ("get", "/t/{b}")]), 7),
        (openapi(&[("get", "/t/a{a}"), ("get", "/t/{b}b")]), 7),
    ] {
        let status = gateway.write("apis/second/openapi.yaml", &broken).await;
        assert_eq!(status.problems.len(), 1, "{broken}");
        assert_eq!(status.problems[0].line, Some(line), "{status:?}");
    }
}

#[tokio::test]
async fn an_api_with_another_apis_name_is_refused() {
    let files = vec![
        ("apis/second/api.toml", api("AggregatedPollingAPI", "/second", "v1")),
        ("apis/second/openapi.yaml", openapi(&[("get", "/x")])),
    ];
    let gateway = TestGateway::with(Setup { files, broken: true, ..Setup::default() }).await;
    assert_eq!(gateway.definitions().problems.len(), 1);
    assert_eq!(status(&gateway, "GET /second/v1/x").await, 404);
}

#[tokio::test]
async fn the_upstreams_path_replaces_the_context() {
    let files = vec![
        ("apis/second/api.toml", api("AccountsAPI", "/open-banking/{version}/aisp/", "v3.1")),
        ("apis/second/openapi.yaml", openapi(&[("get", "/accounts/{AccountId}")])),
        (
            "subscriptions.toml",
            "[[subscription]]\nclient_id = \"c\"\napi = \"AccountsAPI\"\nplan = \"P\"\n".to_owned(),
        ),
    ];
    let gateway = TestGateway::with(Setup { files, ..Setup::default() }).await;
    gateway.key_manager.register_silently(client("c", 0));
    let token = gateway.token().client("c").claim("scope", "accounts").sign();
    let headers = format!("Authorization: Bearer {token}\r\n");
    let target = "GET /open-banking/v3.1/aisp/accounts/a%20b?x=1";
    assert_eq!(gateway.connect().await.ask(&request(target, &headers, "")).await.status, 200);
    assert_eq!(gateway.upstream.only_request().target, "/inside/accounts/a%20b?x=1");
}
