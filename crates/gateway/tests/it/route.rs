//! Paths and methods, judged before credentials.

use crate::harness::{POLL, TestGateway, request};
use serde_json::{Value, json};
use test_kit::TestAnswer;

fn body(answer: &TestAnswer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("JSON: {answer:?}"))
}

fn not_available() -> Value {
    json!({
        "code": "404",
        "type": "Status report",
        "message": "Not Found",
        "description": "The requested resource is not available.",
    })
}

#[tokio::test]
async fn an_unknown_context_is_not_found_without_credentials() {
    let gateway = TestGateway::start().await;
    let mut connection = gateway.connect().await;
    for path in [
        "/",
        "/nothing",
        "/open-banking",
        "/open-banking/v3.10/events",
        "/open-banking/V3.1/events",
    ] {
        let answer = connection.ask(&request(&format!("GET {path}"), "", "")).await;
        assert_eq!((answer.status, body(&answer)), (404, not_available()), "{path}");
        assert!(!answer.header("x-fapi-interaction-id").is_empty());
    }
}

#[tokio::test]
async fn an_unknown_path_of_a_known_context_has_no_matching_resource() {
    let gateway = TestGateway::start().await;
    let mut connection = gateway.connect().await;
    for path in ["/open-banking/v3.1", "/open-banking/v3.1/event", "/open-banking/v3.1/events/"] {
        let answer = connection.ask(&request(&format!("POST {path}"), "", "{}")).await;
        let expected = json!({
            "code": "404",
            "type": "Status report",
            "message": "Runtime Error",
            "description": "No matching resource found for given API Request",
        });
        assert_eq!((answer.status, body(&answer)), (404, expected), "{path}");
    }
}

#[tokio::test]
async fn another_method_is_not_allowed_and_told_which_are() {
    let gateway = TestGateway::start().await;
    let mut connection = gateway.connect().await;
    for method in ["GET", "PUT", "DELETE", "OPTIONS", "PATCH", "post", "BREW"] {
        let answer = connection.ask(&request(&format!("{method} {POLL}"), "", "")).await;
        let expected = json!({
            "code": "405",
            "type": "Status report",
            "message": "Runtime Error",
            "description": "Method not allowed for given API resource",
        });
        assert_eq!((answer.status, body(&answer)), (405, expected), "{method}");
        assert_eq!(answer.headers("allow"), ["POST"], "{method}");
    }
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn trace_and_connect_never_reach_an_upstream() {
    let gateway = TestGateway::start().await;
    let token = gateway.token().sign();
    for target in [format!("TRACE {POLL}"), "CONNECT localhost:443".to_owned()] {
        let head = format!(
            "{target} HTTP/1.1\r\nHost: localhost:443\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        let answer = gateway.connect().await.ask(head.as_bytes()).await;
        assert_eq!(answer.status, 405, "{target}");
    }
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn paths_that_servers_read_differently_are_not_available() {
    let gateway = TestGateway::start().await;
    let authorization = format!("Authorization: Bearer {}\r\n", gateway.token().sign());
    for path in [
        "/open-banking/v3.1/../v3.1/events",
        "/open-banking/v3.1/./events",
        "/open-banking/v3.1//events",
        "//open-banking/v3.1/events",
        "/open-banking/v3.1/x/%2e%2e/events",
        "/open-banking/v3.1/%2E/events",
        "/open-banking%2fv3.1/events",
        "/open-banking/v3.1%2Fevents",
        "/open-banking/v3.1%5cevents",
        "/open-banking/v3.1/events;a=b",
        "/open-banking/v3.1/events%3ba",
        "/open-banking/v3.1/events%0d%0aX:y",
        "/open-banking/v3.1/%252e%252e/events",
        "/open-banking/v3.1/%c0%ae%c0%ae/events",
        "/open-banking/v3.1/event%73%2f",
    ] {
        let mut connection = gateway.connect().await;
        let answer = connection.ask(&request(&format!("POST {path}"), &authorization, "{}")).await;
        assert_eq!((answer.status, body(&answer)), (404, not_available()), "{path}");
    }
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn a_nul_in_the_path_is_refused() {
    let gateway = TestGateway::start().await;
    let token = format!("Authorization: Bearer {}\r\n", gateway.token().sign());
    for path in ["/open-banking/v3.1/events%00", "/open-banking/v3.1/%00/events"] {
        let target = format!("POST {path}");
        let answer = gateway.connect().await.ask(&request(&target, &token, "{}")).await;
        assert_eq!(answer.status, 400, "{path}");
    }
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn what_is_forwarded_is_the_path_that_was_routed() {
    let gateway = TestGateway::start().await;
    let authorization = format!("Authorization: Bearer {}\r\n", gateway.token().sign());
    let mut connection = gateway.connect().await;
    let target = "POST /open-banking/v3%2e1/%65vent%73?a=%2e%2e&b=1";
    assert_eq!(connection.ask(&request(target, &authorization, "{}")).await.status, 200);
    let recorded = gateway.upstream.only_request();
    assert_eq!(recorded.target, "/open-banking/v3.1/events?a=%2e%2e&b=1");
}

#[tokio::test]
async fn a_query_that_is_not_text_is_no_fault_of_ours() {
    let gateway = TestGateway::start().await;
    let token = format!("Authorization: Bearer {}\r\n", gateway.token().sign());
    for query in [&b"a=\xff\xfe"[..], b"a=\xc3\xa9", b"a=%ff", b"a=\"<>{}|^`", b"a=[]", b"?", b""] {
        let mut asked = request(&format!("POST {POLL}?QUERY"), &token, "{}");
        let at = asked.windows(5).position(|window| window == b"QUERY").unwrap();
        asked.splice(at..at + 5, query.iter().copied());
        let answer = gateway.connect().await.ask(&asked).await;
        assert!(answer.status < 500, "{query:?}: {answer:?}");
    }
}
