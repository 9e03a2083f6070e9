//! The OBIE error format.

use crate::harness::{POLL, Setup, TestGateway, client, request};
use serde_json::{Value, json};

async fn gateway() -> TestGateway {
    let api = include_str!("../../definitions/aggregated-polling/api.toml");
    let api = api.replace(r#"error_format = "wso2""#, r#"error_format = "obie""#);
    let files = vec![("apis/aggregated-polling/api.toml", api)];
    TestGateway::with(Setup { files, ..Setup::default() }).await
}

#[tokio::test]
async fn an_api_may_answer_refusals_as_obie_does() {
    let gateway = gateway().await;
    gateway.key_manager.register_silently(client("x", 0));
    let unsubscribed = format!("Authorization: Bearer {}\r\n", gateway.token().client("x").sign());
    let scopeless =
        format!("Authorization: Bearer {}\r\n", gateway.token().without("scope").sign());
    let large = "x".repeat(64 * 1024 + 1);
    let good = format!("Authorization: Bearer {}\r\n", gateway.token().sign());
    for (target, headers, body, status, code, path) in [
        ("POST /open-banking/v3.1/x", "", "{}", 404, "UK.OBIE.Resource.NotFound", None),
        ("GET /open-banking/v3.1/events", "", "", 405, "UK.OBIE.UnexpectedError", None),
        (
            "POST /open-banking/v3.1/events",
            "",
            "{}",
            401,
            "UK.OBIE.Header.Missing",
            Some("Authorization"),
        ),
        (
            "POST /open-banking/v3.1/events",
            "Authorization: Bearer undefined\r\n",
            "{}",
            401,
            "UK.OBIE.Header.Invalid",
            Some("Authorization"),
        ),
        (
            "POST /open-banking/v3.1/events",
            &unsubscribed,
            "{}",
            403,
            "UK.OBIE.UnexpectedError",
            None,
        ),
        (
            "POST /open-banking/v3.1/events",
            &scopeless,
            "{}",
            403,
            "UK.OBIE.Header.Invalid",
            Some("Authorization"),
        ),
        (
            "POST /open-banking/v3.1/events",
            &good,
            &large,
            413,
            "UK.OBIE.Resource.InvalidFormat",
            None,
        ),
    ] {
        let mut connection = gateway.connect().await;
        let answer = connection.ask(&request(target, headers, body)).await;
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(answer.status, status, "{target}: {answer:?}");
        assert_eq!(body["Id"], json!(answer.header("x-fapi-interaction-id")));
        assert_eq!(body["Errors"][0]["ErrorCode"], json!(code), "{target} {status}");
        assert_eq!(
            body["Errors"][0].get("Path").and_then(Value::as_str),
            path,
            "{target} {status}"
        );
        assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    }
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn an_upstreams_own_error_passes_unchanged() {
    let gateway = gateway().await;
    gateway.upstream.answers(400, &[("content-type", "application/json")], "{\"theirs\":true}");
    let answer = gateway.poll(&gateway.token().sign()).await;
    assert_eq!((answer.status, answer.body.as_str()), (400, "{\"theirs\":true}"));
    assert_eq!(gateway.upstream.only_request().target, POLL);
}
