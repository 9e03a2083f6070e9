//! Every field of every request, in every way it can be wrong: a documented 4xx in the format of
//! its API, and afterwards the service still works.

use crate::harness::{Answer, BASIC, CLIENT, EVENT, RESOURCE, TestService, V3, V4};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

/// A header value in every wrong way.
fn wrong_headers() -> Vec<Option<HeaderValue>> {
    let long = "x".repeat(4_000);
    vec![
        None,
        Some(HeaderValue::from_static("")),
        Some(HeaderValue::from_static(" \t ")),
        Some(HeaderValue::from_str(&long).unwrap()),
        Some(HeaderValue::from_bytes(b"\xff\xfe").unwrap()),
        Some(HeaderValue::from_bytes("é".as_bytes()).unwrap()),
        Some(HeaderValue::from_static("a b")),
        Some(HeaderValue::from_static("../../internal/v1/clients")),
        Some(HeaderValue::from_static("%00")),
        Some(HeaderValue::from_static("'; DROP TABLE client; --")),
    ]
}

/// A JSON member in every wrong way, with wrong types throughout.
fn wrong_values() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(""),
        json!("x"),
        json!("-1"),
        json!([[]]),
        json!([null]),
        json!([{}]),
        json!({"": 1}),
        json!({"x": null}),
        json!({"x": {"err": 1, "description": 2}}),
        json!({"x": {"err": "", "description": ""}}),
        json!(["x".repeat(129)]),
        json!({"x".repeat(129): {"err": "e", "description": "d"}}),
        json!(["\u{0}".repeat(200)]),
    ]
}

fn wrong_bodies() -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"\x00".to_vec(),
        b"\xff\xfe{}".to_vec(),
        b"{\"a\":\"\xff\"}".to_vec(),
        b"{\"\\ud800\":1}".to_vec(),
        b"nul".to_vec(),
        b"{".to_vec(),
        b"}".to_vec(),
        b"[".to_vec(),
        b"{]".to_vec(),
        b"[1,]".to_vec(),
        b"{\"a\"}".to_vec(),
        b"{\"a\":}".to_vec(),
        b"{\"a\":1,,\"b\":2}".to_vec(),
        b"{a:1}".to_vec(),
        b"{'a':1}".to_vec(),
        b"{\"a\":01}".to_vec(),
        b"{\"a\":+1}".to_vec(),
        b"{\"a\":.5}".to_vec(),
        b"{\"a\":1.}".to_vec(),
        b"{\"a\":0x1}".to_vec(),
        b"{\"a\":Infinity}".to_vec(),
        b"{\"a\":\"\n\"}".to_vec(),
        b"{\"a\":\"\\x\"}".to_vec(),
        b"{\"a\":\"\\u12\"}".to_vec(),
        b"{}}".to_vec(),
        b"{}#".to_vec(),
        b"{\"a\":1 /* c */}".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"{\"a\":1,\"a\":1}".to_vec(),
    ];
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let depth = 8_000;
        bodies
            .push(format!("{{\"a\":{}1{}}}", open.repeat(depth), close.repeat(depth)).into_bytes());
    }
    bodies
}

#[track_caller]
fn assert_refused(answer: &Answer, case: &str) {
    assert!((400..500).contains(&answer.status), "{case}: {answer:?}");
    let body = answer.json();
    assert!(
        body["error_description"].is_string() || body["Errors"][0]["ErrorCode"].is_string(),
        "{case}: {answer:?}"
    );
}

#[actix_web::test]
async fn every_header_of_create_events_in_every_wrong_way_is_refused() {
    let service = TestService::start().await;
    for base in [V3, V4] {
        for name in
            ["x-wso2-client_id", "x-wso2-client-id", "x-wso2-resource_id", "x-wso2-resource-id"]
        {
            for value in wrong_headers() {
                let (client, resource) = (name.contains("client"), name.contains("resource"));
                let shown = format!("{name}: {value:?}");
                // A resource id is any text without the refused characters.
                if resource && value.as_ref().is_some_and(|value| value == "a b") {
                    continue;
                }
                let mut request = service
                    .forwarded(&format!("{base}/create-events"))
                    .header("authorization", BASIC)
                    .form(&[("request", BASE64_STANDARD.encode(EVENT))]);
                if !client {
                    request = request.header("x-wso2-client_id", CLIENT);
                }
                if !resource {
                    request = request.header("x-wso2-resource_id", RESOURCE);
                }
                if let Some(value) = value {
                    request = request.header(name, value);
                }
                let answer = Answer::read(request.send().await.unwrap()).await;
                assert_refused(&answer, &shown);
            }
        }
    }
    assert_eq!(service.create(EVENT).await.status, 201);
}

#[actix_web::test]
async fn a_repeated_header_is_refused() {
    let service = TestService::start().await;
    for name in ["x-wso2-client_id", "x-wso2-resource_id"] {
        let request = service
            .forwarded(&format!("{V3}/create-events"))
            .header("authorization", BASIC)
            .header("x-wso2-client_id", CLIENT)
            .header("x-wso2-resource_id", RESOURCE)
            .header(name, "another")
            .form(&[("request", BASE64_STANDARD.encode(EVENT))]);
        let answer = Answer::read(request.send().await.unwrap()).await;
        answer.assert_accelerator_error(
            400,
            "invalid_request_header",
            "Invalid characters found in the request headers",
        );
    }
}

#[actix_web::test]
async fn every_wrong_body_is_refused_at_every_door() {
    let service = TestService::start().await;
    for body in wrong_bodies() {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        for path in ["create-events", "events"] {
            let request = service
                .forwarded(&format!("{V3}/{path}"))
                .header("authorization", BASIC)
                .header("x-wso2-client_id", CLIENT)
                .header("x-wso2-resource_id", RESOURCE)
                .form(&[("request", BASE64_STANDARD.encode(&body))]);
            let answer = Answer::read(request.send().await.unwrap()).await;
            assert_refused(&answer, &format!("{path} {shown}"));
            let raw = service
                .forwarded(&format!("{V3}/{path}"))
                .header("authorization", BASIC)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body.clone());
            let answer = Answer::read(raw.send().await.unwrap()).await;
            assert_refused(&answer, &format!("raw {path} {shown}"));
        }
        let request = service
            .gateway_post("/open-banking/v3.1/events")
            .header("x-wso2-client-id", CLIENT)
            .header("content-type", "application/json")
            .body(body);
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_refused(&answer, &format!("poll {shown}"));
    }
    assert_eq!(service.create(EVENT).await.status, 201);
    assert_eq!(service.poll("{}").await.ids().len(), 1);
}

#[actix_web::test]
async fn every_member_of_a_poll_of_the_wrong_kind_is_refused_or_ignored_but_never_a_fault() {
    let service = TestService::start().await;
    service.created().await;
    for name in ["maxEvents", "returnImmediately", "ack", "setErrs"] {
        for value in wrong_values() {
            let body = json!({name: value}).to_string();
            let answer = service.poll(&body).await;
            if name == "returnImmediately" && value.is_boolean() {
                assert_eq!(answer.status, 200, "{body}");
            } else {
                assert_refused(&answer, &body);
            }
            let accelerator = service.accelerator_poll(&body).await;
            if name == "returnImmediately" {
                assert_eq!(accelerator.status, 200, "{body}");
            } else {
                assert_refused(&accelerator, &body);
            }
        }
    }
    assert_eq!(service.poll("{}").await.ids().len(), 1);
}

#[actix_web::test]
async fn every_event_type_and_information_of_the_wrong_kind_is_refused() {
    let service = TestService::start().await;
    for information in [json!(null), json!(1), json!("x"), json!([]), json!([{}]), json!(false)] {
        let body = json!({"t": information}).to_string();
        assert_refused(&service.create(&body).await, &body);
    }
    let many: serde_json::Map<String, Value> =
        (0..33).map(|n| (format!("t{n}"), json!({}))).collect();
    for body in [json!({"": {}}), json!({"t".repeat(201): {}}), json!({}), Value::Object(many)] {
        assert_refused(&service.create(&body.to_string()).await, &body.to_string());
    }
    assert!(service.poll("{}").await.ids().is_empty());
}
