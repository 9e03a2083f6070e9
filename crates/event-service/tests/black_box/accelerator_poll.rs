//! `POST …/events` at the Accelerator: statuses, texts and their order.

use crate::harness::{Answer, BASIC, CLIENT, EVENT, TestService, V3, V4};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::RequestBuilder;
use serde_json::json;

const FAULTY: (&str, &str) = ("invalid_request_payload", "Error in the request payload");

async fn send(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.unwrap()).await
}

fn door(service: &TestService, path: &str) -> RequestBuilder {
    service.forwarded(path).header("authorization", BASIC)
}

fn form(json: &str) -> [(&'static str, String); 1] {
    [("request", BASE64_STANDARD.encode(json))]
}

#[actix_web::test]
async fn without_a_request_field_no_payload_is_found() {
    let service = TestService::start().await;
    let request = door(&service, &format!("{V3}/events")).form(&[("other", "x")]);
    send(request).await.assert_accelerator_error(
        400,
        "missing_request_payload",
        "No request payload found",
    );
}

#[actix_web::test]
async fn a_blank_payload_cannot_be_empty() {
    let service = TestService::start().await;
    for value in ["", " ", "\r\n", "[]"] {
        let request = door(&service, &format!("{V3}/events")).form(&[("request", value)]);
        send(request).await.assert_accelerator_error(
            400,
            "invalid_request_payload",
            "Request payload cannot be empty",
        );
    }
}

#[actix_web::test]
async fn a_payload_of_the_wrong_form_is_an_error_in_the_payload() {
    let service = TestService::start().await;
    for json in [
        "{",
        "[]x",
        "\"x\"",
        "1",
        r#"{"ack":"x"}"#,
        r#"{"ack":[1]}"#,
        r#"{"ack":null}"#,
        r#"{"setErrs":[]}"#,
        r#"{"setErrs":{"j":"x"}}"#,
        r#"{"setErrs":{"j":{"err":"e"}}}"#,
        r#"{"setErrs":{"j":{"description":"d"}}}"#,
        r#"{"maxEvents":"three"}"#,
        r#"{"maxEvents":-1}"#,
        r#"{"maxEvents":"-1"}"#,
        r#"{"maxEvents":1.5}"#,
        r#"{"maxEvents":null}"#,
        r#"{"maxEvents":1,"maxEvents":2}"#,
    ] {
        let answer = service.accelerator_poll(json).await;
        answer.assert_accelerator_error(400, FAULTY.0, FAULTY.1);
    }
    let request = door(&service, &format!("{V3}/events")).form(&[("request", "no base64!")]);
    send(request).await.assert_accelerator_error(400, FAULTY.0, FAULTY.1);
}

#[actix_web::test]
async fn a_missing_header_is_seen_after_the_payload() {
    let service = TestService::start().await;
    for (base, name) in [(V3, "x-wso2-client_id"), (V4, "x-wso2-client-id")] {
        let path = format!("{base}/events");
        send(door(&service, &path).form(&form("{")))
            .await
            .assert_accelerator_error(400, FAULTY.0, FAULTY.1);
        send(door(&service, &path).form(&form("{}"))).await.assert_accelerator_error(
            400,
            "missing_request_header",
            &format!("Missing header {name}"),
        );
    }
}

#[actix_web::test]
async fn an_unknown_client_is_not_found_with_two_dots() {
    let service = TestService::start().await;
    let request = door(&service, &format!("{V3}/events"))
        .header("x-wso2-client_id", "nobody")
        .form(&form("{}"));
    send(request).await.assert_accelerator_error(
        400,
        "invalid_request",
        "A client was not found for the client id : 'nobody' in the database.. ",
    );
}

#[actix_web::test]
async fn another_media_type_is_unsupported_and_another_method_not_allowed() {
    let service = TestService::start().await;
    let path = format!("{V3}/events");
    let request = door(&service, &path).header("content-type", "text/plain").body("x");
    assert_eq!(send(request).await.status, 415);
    let request = service.forwarded_method("GET", &path).header("authorization", BASIC);
    assert_eq!(send(request).await.status, 405);
}

#[actix_web::test]
async fn an_empty_poll_is_not_found_but_one_that_asks_for_nothing_is_ok() {
    let service = TestService::start().await;
    let empty = service.accelerator_poll("{}").await;
    assert_eq!((empty.status, &*empty.body), (404, r#"{"moreAvailable":false,"sets":{}}"#));
    assert_eq!(empty.header("content-type"), "application/json; charset=utf-8");
    for nothing in [r#"{"maxEvents":0}"#, r#"{"maxEvents":"0"}"#] {
        let answer = service.accelerator_poll(nothing).await;
        assert_eq!((answer.status, &*answer.body), (200, r#"{"moreAvailable":false,"sets":{}}"#));
    }
    service.created().await;
    let answer = service.accelerator_poll(r#"{"maxEvents":0}"#).await;
    assert_eq!(answer.json(), json!({"moreAvailable": true, "sets": {}}));
}

#[actix_web::test]
async fn the_page_size_is_the_default_and_the_most() {
    let service = TestService::start().await;
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(service.created().await);
    }
    for poll in ["{}", r#"{"maxEvents":100}"#, r#"{"maxEvents":"5"}"#] {
        let answer = service.accelerator_poll(poll).await;
        assert_eq!((answer.status, &answer.ids()[..]), (200, &ids[..5]));
        assert_eq!(answer.json()["moreAvailable"], true);
    }
    assert_eq!(service.accelerator_poll(r#"{"maxEvents":"2"}"#).await.ids(), ids[..2]);
}

#[actix_web::test]
async fn every_path_below_events_is_the_same_door() {
    let service = TestService::start().await;
    service.created().await;
    for path in ["/events", "/events/", "/events/anything", "/events/a/b/"] {
        for base in [V3, V4] {
            let request = door(&service, &format!("{base}{path}"))
                .header("x-wso2-client-id", CLIENT)
                .form(&form("{}"));
            assert_eq!(send(request).await.status, 200, "{base}{path}");
        }
    }
}

#[actix_web::test]
async fn the_four_payloads_of_the_toolkits_page_do_what_it_says() {
    let service = TestService::start().await;
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.push(service.created().await);
    }
    let first = service.accelerator_poll(r#"{"maxEvents":5,"returnImmediately":true}"#).await;
    assert_eq!(
        (first.ids(), first.json()["moreAvailable"].clone()),
        (ids[..5].to_vec(), json!(true))
    );

    let report = json!({"maxEvents": 0, "setErrs": {
        &*ids[0]: {"err": "authentication_failed", "description": "The SET could not be authenticated"}
    }});
    let reported = service.accelerator_poll(&report.to_string()).await;
    assert_eq!(reported.json(), json!({"moreAvailable": true, "sets": {}}));

    let taken = json!({"ack": [&ids[1], &ids[2]], "maxEvents": 2});
    let next = service.accelerator_poll(&taken.to_string()).await;
    assert_eq!(next.ids(), ids[3..5]);

    let both = json!({"ack": [&ids[3]], "returnImmediately": true, "setErrs": {
        &*ids[4]: {"err": "authentication_failed", "description": "The SET could not be authenticated"}
    }});
    let rest = service.accelerator_poll(&both.to_string()).await;
    assert_eq!(
        (rest.ids(), rest.json()["moreAvailable"].clone()),
        (ids[5..].to_vec(), json!(false))
    );
}

#[actix_web::test]
async fn return_immediately_and_unknown_members_are_not_read() {
    let service = TestService::start().await;
    assert_eq!(service.create(EVENT).await.status, 201);
    let poll = r#"{"returnImmediately":"no","whatever":{"a":[1,2,3]}}"#;
    assert_eq!(service.accelerator_poll(poll).await.status, 200);
}
