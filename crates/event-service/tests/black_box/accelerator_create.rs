//! `POST …/create-events`: statuses, texts and their order.

use crate::harness::{Answer, BASIC, CLIENT, EVENT, RESOURCE, TestService, V3, V4};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::RequestBuilder;

const FAULTY: (&str, &str) = ("invalid_request_payload", "Error in the request payload");
const NOT_PERSISTED: (&str, &str) = ("invalid_request", "Error in event creation request payload");

async fn send(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.unwrap()).await
}

fn door(service: &TestService, base: &str) -> RequestBuilder {
    service.forwarded(&format!("{base}/create-events")).header("authorization", BASIC)
}

fn form(json: &str) -> [(&'static str, String); 1] {
    [("request", BASE64_STANDARD.encode(json))]
}

#[actix_web::test]
async fn without_a_request_field_no_payload_is_found() {
    let service = TestService::start().await;
    for body in ["", "other=x"] {
        let request = door(&service, V3)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        send(request).await.assert_accelerator_error(
            400,
            "missing_request_payload",
            "No request payload found",
        );
    }
}

#[actix_web::test]
async fn a_payload_that_is_no_base64_json_object_is_an_error_in_the_payload() {
    let service = TestService::start().await;
    for json in ["", "x", "{", "[]", "\"x\"", "null", "{'t':{}}", r#"{"t":{},"t":{}}"#] {
        service.create(json).await.assert_accelerator_error(400, FAULTY.0, FAULTY.1);
    }
    for value in ["{}", "!", "e30.", "%"] {
        let request = door(&service, V3).form(&[("request", value)]);
        send(request).await.assert_accelerator_error(400, FAULTY.0, FAULTY.1);
    }
    let twice = form(EVENT)[0].clone();
    let request = door(&service, V3).form(&[twice.clone(), twice]);
    send(request).await.assert_accelerator_error(400, FAULTY.0, FAULTY.1);
}

#[actix_web::test]
async fn a_missing_header_is_named_in_the_spelling_of_the_version() {
    let service = TestService::start().await;
    for (base, client, resource) in [
        (V3, "x-wso2-client_id", "x-wso2-resource_id"),
        (V4, "x-wso2-client-id", "x-wso2-resource-id"),
    ] {
        for blank in [None, Some(""), Some("  ")] {
            let mut request = door(&service, base).form(&form(EVENT));
            if let Some(blank) = blank {
                request = request.header("x-wso2-client_id", blank);
            }
            send(request).await.assert_accelerator_error(
                400,
                "missing_request_header",
                &format!("Missing header {client}"),
            );
            let mut request =
                door(&service, base).header("x-wso2-client_id", CLIENT).form(&form(EVENT));
            if let Some(blank) = blank {
                request = request.header("x-wso2-resource-id", blank);
            }
            send(request).await.assert_accelerator_error(
                400,
                "missing_request_header",
                &format!("Missing header {resource}"),
            );
        }
    }
}

#[actix_web::test]
async fn a_resource_id_with_refused_characters_is_an_invalid_header() {
    let service = TestService::start().await;
    for resource in ["a_b", "a.b", "urn:x", "a/b", "a b;c", "<script>"] {
        let request = door(&service, V3)
            .header("x-wso2-client_id", CLIENT)
            .header("x-wso2-resource_id", resource)
            .form(&form(EVENT));
        send(request).await.assert_accelerator_error(
            400,
            "invalid_request_header",
            "Invalid characters found in the request headers",
        );
    }
}

#[actix_web::test]
async fn information_that_is_no_object_is_an_error_in_the_payload() {
    let service = TestService::start().await;
    for json in [r#"{"t":1}"#, r#"{"t":{},"u":"x"}"#, r#"{"t":[]}"#, r#"{"t":null}"#] {
        service.create(json).await.assert_accelerator_error(400, FAULTY.0, FAULTY.1);
    }
}

#[actix_web::test]
async fn an_unknown_client_is_not_found_in_the_database() {
    let service = TestService::start().await;
    for unknown in ["nobody", "../operator", "a'b"] {
        service.create_for(unknown, EVENT).await.assert_accelerator_error(
            400,
            "invalid_request",
            &format!("A client was not found for the client id : '{unknown}' in the database. "),
        );
    }
}

#[actix_web::test]
async fn an_event_outside_its_limits_is_an_error_in_the_creation_payload() {
    let service = TestService::start().await;
    let information = format!(r#"{{"t":{{"a":"{}"}}}}"#, "x".repeat(16 * 1024));
    let long_type = format!(r#"{{"{}":{{}}}}"#, "t".repeat(201));
    for json in ["{}", r#"{"":{}}"#, &long_type, &information] {
        let answer = service.create(json).await;
        answer.assert_accelerator_error(400, NOT_PERSISTED.0, NOT_PERSISTED.1);
    }
    let request = door(&service, V3)
        .header("x-wso2-client_id", CLIENT)
        .header("x-wso2-resource_id", "r".repeat(256))
        .form(&form(EVENT));
    send(request).await.assert_accelerator_error(400, NOT_PERSISTED.0, NOT_PERSISTED.1);
}

#[actix_web::test]
async fn another_media_type_is_unsupported() {
    let service = TestService::start().await;
    let body = format!("request={}", BASE64_STANDARD.encode(EVENT));
    for media_type in
        [None, Some("text/plain"), Some("application/json"), Some("multipart/form-data")]
    {
        let mut request = door(&service, V3)
            .header("x-wso2-client_id", CLIENT)
            .header("x-wso2-resource_id", RESOURCE)
            .body(body.clone());
        if let Some(media_type) = media_type {
            request = request.header("content-type", media_type);
        }
        let answer = send(request).await;
        assert_eq!(answer.status, 415, "{media_type:?}");
        assert_eq!(answer.json()["error"], "invalid_request");
    }
}

#[actix_web::test]
async fn a_body_over_64_kib_is_too_large_and_one_of_64_kib_is_read() {
    let service = TestService::start().await;
    let body = |length: usize| format!("request={}", "A".repeat(length - "request=".len()));
    for (length, status) in [(64 * 1024, 400), (64 * 1024 + 1, 413)] {
        let request = door(&service, V3)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body(length));
        send(request).await.assert_accelerator_error(status, FAULTY.0, FAULTY.1);
    }
}

#[actix_web::test]
async fn other_methods_and_paths_are_refused_in_this_apis_format() {
    let service = TestService::start().await;
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let path = format!("{V3}/create-events");
        let request = service.forwarded_method(method, &path).header("authorization", BASIC);
        let answer = send(request).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
        assert_eq!(answer.json()["error"], "invalid_request");
    }
    for path in ["", "/", "/nothing", "/create-events/more"] {
        let request = service.forwarded(&format!("{V3}{path}")).header("authorization", BASIC);
        let answer = send(request).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.json()["error"], "invalid_request");
    }
}

#[actix_web::test]
async fn the_first_check_in_wso2s_order_answers() {
    let service = TestService::start().await;
    let order = |client: Option<&'static str>, resource: Option<&'static str>, json: &str| {
        let mut request = door(&service, V3).form(&form(json));
        if let Some(client) = client {
            request = request.header("x-wso2-client_id", client);
        }
        if let Some(resource) = resource {
            request = request.header("x-wso2-resource_id", resource);
        }
        send(request)
    };
    let error = |answer: Answer| answer.json()["error_description"].as_str().unwrap().to_owned();
    assert_eq!(error(order(None, None, "{").await), FAULTY.1);
    assert_eq!(error(order(None, None, r#"{"t":1}"#).await), "Missing header x-wso2-client_id");
    assert_eq!(
        error(order(Some("nobody"), None, r#"{"t":1}"#).await),
        "Missing header x-wso2-resource_id"
    );
    assert_eq!(
        error(order(Some("nobody"), Some("a_b"), r#"{"t":1}"#).await),
        "Invalid characters found in the request headers"
    );
    assert_eq!(error(order(Some("nobody"), Some(RESOURCE), r#"{"t":1}"#).await), FAULTY.1);
    assert_eq!(
        error(order(Some("nobody"), Some(RESOURCE), "{}").await),
        "A client was not found for the client id : 'nobody' in the database. "
    );
    assert_eq!(error(order(Some(CLIENT), Some(RESOURCE), "{}").await), NOT_PERSISTED.1);
}

#[actix_web::test]
async fn an_event_is_created_at_both_base_paths_with_both_spellings_and_a_trailing_slash() {
    let service = TestService::start().await;
    for (path, client, resource) in [
        (format!("{V3}/create-events"), "x-wso2-client_id", "x-wso2-resource_id"),
        (format!("{V3}/create-events/"), "x-wso2-client-id", "x-wso2-resource-id"),
        (format!("{V4}/create-events"), "x-wso2-client-id", "x-wso2-resource-id"),
        (format!("{V4}/create-events/"), "x-wso2-client_id", "x-wso2-resource_id"),
    ] {
        let request = service
            .forwarded(&path)
            .header("authorization", BASIC)
            .header(client, CLIENT)
            .header(resource, RESOURCE)
            .form(&form(EVENT));
        let answer = send(request).await;
        assert_eq!(answer.status, 201, "{path} {answer:?}");
        assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
        assert_eq!(answer.json().as_object().unwrap().len(), 1);
        assert_eq!(answer.json()["notificationsID"].as_str().unwrap().len(), 36);
    }
    let waiting = service.poll(r#"{"maxEvents":100}"#).await;
    assert_eq!(waiting.json()["sets"].as_object().unwrap().len(), 4);
}

#[actix_web::test]
async fn the_pages_own_command_creates_an_event() {
    let service = TestService::start().await;
    // As `curl --data-urlencode` and as a raw `--data` with plus signs send it.
    let json = r#"{"t":{"x":"~~~???>>>"}}"#;
    let base64 = BASE64_STANDARD.encode(json);
    assert!(base64.contains('+'));
    for body in [format!("request={base64}"), format!("request={}", base64.replace('+', "%2B"))] {
        let request = door(&service, V3)
            .header("content-type", "application/x-www-form-urlencoded; charset=UTF-8")
            .header("x-wso2-client_id", CLIENT)
            .header("x-wso2-resource_id", RESOURCE)
            .body(body);
        assert_eq!(send(request).await.status, 201);
    }
}
