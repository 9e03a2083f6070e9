//! The forms of `create-events` and `events` under the Accelerator's base paths, and their headers.

use crate::bad_input::accelerator::{
    BAD_HEADER, BASES, BASIC, EMPTY, EVENT, FAULTY, NO_PAYLOAD, NOT_CREATED, POLL, RESOURCE,
    assert_still_creating, bare, create, identified, send,
};
use crate::bad_input::{Request, Target, assert_accelerator_error, form};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

#[tokio::test]
async fn a_form_without_one_usable_request_field_is_refused_at_every_door() {
    let target = Target::start().await;
    let good = STANDARD.encode(EVENT);
    let twice = format!("request={good}&request={good}");
    for base in BASES {
        for (body, creation, poll) in [
            ("", NO_PAYLOAD, NO_PAYLOAD),
            ("other=x", NO_PAYLOAD, NO_PAYLOAD),
            ("Request=e30%3D", NO_PAYLOAD, NO_PAYLOAD),
            ("request=", FAULTY, EMPTY),
            ("request=+++", FAULTY, EMPTY),
            ("request=%5B%5D", FAULTY, EMPTY),
            ("request=%0D%0A", FAULTY, EMPTY),
            (&twice, FAULTY, FAULTY),
            ("request=%zz", FAULTY, FAULTY),
            ("request=%", FAULTY, FAULTY),
            ("request=%ff%fe", FAULTY, FAULTY),
            ("request=%00", FAULTY, FAULTY),
            ("request=!", FAULTY, FAULTY),
            ("request=e30.e30", FAULTY, FAULTY),
            ("request={}", FAULTY, FAULTY),
            ("request=%F0%9F%8F%A6", FAULTY, FAULTY),
        ] {
            let answer = send(&target, &format!("{base}/create-events"), body).await;
            assert_accelerator_error(&answer, 400, creation, body);
            let answer = send(&target, &format!("{base}/events"), body).await;
            assert_accelerator_error(&answer, 400, poll, body);
        }
    }
    assert_still_creating(&target).await;
}

#[tokio::test]
async fn a_payload_that_is_no_unambiguous_json_object_is_refused_at_every_door() {
    let target = Target::start().await;
    let deep_list = format!("{{\"t\":{{\"a\":{}1{}}}}}", "[".repeat(10_000), "]".repeat(10_000));
    let deep_object = format!("{}1{}", "{\"a\":".repeat(7_000), "}".repeat(7_000));
    for payload in [
        &b"x"[..],
        b"null",
        b"1",
        b"\"{}\"",
        b"[{}]",
        b"{",
        b"{}}",
        b"{'t':{}}",
        b"{t:{}}",
        b"{\"t\":{},}",
        b"{\"t\":{},\"t\":{}}",
        b"{\"t\":{\"a\":1,\"\\u0061\":2}}",
        b"{\"t\":{\"a\":\"\\ud800\"}}",
        b"{\"t\":{\"a\":\"\\udc00\\ud800\"}}",
        b"{\"\\udfff\":{}}",
        b"{\"t\":{\"a\":\"\xff\"}}",
        b"{\"t\":{\"a\":\"\xed\xa0\x80\"}}",
        b"{\"t\":{\"a\":\"\x01\"}}",
        b"{\"t\":{\"a\":01}}",
        b"\xef\xbb\xbf{\"t\":{}}",
        b"\xff\xfe{\0}\0",
        b"\0",
        deep_list.as_bytes(),
        deep_object.as_bytes(),
        "[".repeat(40_000).as_bytes(),
    ] {
        let body = form(&[("request", STANDARD.encode(payload))]);
        let case = String::from_utf8_lossy(&payload[..payload.len().min(60)]);
        for base in BASES {
            for door in ["create-events", "events", "events/anything"] {
                let answer = send(&target, &format!("{base}/{door}"), &body).await;
                assert_accelerator_error(&answer, 400, FAULTY, &format!("{door} {case}"));
            }
        }
    }
    assert_still_creating(&target).await;
}

#[tokio::test]
async fn an_event_outside_its_limits_is_refused_and_one_at_them_created() {
    let target = Target::start().await;
    let types = |count: usize| -> Value {
        (0..count).map(|number| (format!("t{number}"), json!({}))).collect()
    };
    let information = |bytes: usize| {
        let wrapped = r#"{"a":""}"#.len();
        format!(r#"{{"t":{{"a":"{}"}}}}"#, "x".repeat(bytes - wrapped))
    };
    for value in [json!(null), json!(1), json!("x"), json!([]), json!([{}]), json!(false)] {
        let event = json!({"t": {}, "u": value}).to_string();
        let answer = create(&target, BASES[0], &event).await;
        assert_accelerator_error(&answer, 400, FAULTY, &event);
    }
    for event in [
        "{}".to_owned(),
        json!({"": {}}).to_string(),
        json!({"t".repeat(201): {}}).to_string(),
        json!({"\u{1f3e6}".repeat(201): {}}).to_string(),
        types(33).to_string(),
        information(16 * 1024 + 1),
    ] {
        for base in BASES {
            let answer = create(&target, base, &event).await;
            assert_accelerator_error(&answer, 400, NOT_CREATED, &beginning(&event));
        }
    }
    for event in [
        json!({"t".repeat(200): {}}).to_string(),
        json!({"\u{1f3e6}".repeat(200): {}}).to_string(),
        types(32).to_string(),
        information(16 * 1024),
    ] {
        let answer = create(&target, BASES[1], &event).await;
        assert_eq!(answer.status, 201, "{}: {answer:?}", beginning(&event));
    }
    assert_still_creating(&target).await;
}

#[tokio::test]
async fn a_header_that_is_missing_blank_repeated_or_forbidden_is_refused_in_both_spellings() {
    let target = Target::start().await;
    let client_id = target.tpp.client_id().to_owned();
    for (base, mark) in [(BASES[0], '_'), (BASES[1], '-')] {
        for spelling in ['_', '-'] {
            let (client, resource) =
                (format!("x-wso2-client{spelling}id"), format!("x-wso2-resource{spelling}id"));
            let start =
                bare(&format!("{base}/create-events"), EVENT).header("Authorization", BASIC);
            let with_client = start.clone().header(&client, &client_id);
            let with_resource = start.header(&resource, RESOURCE);
            let whole = with_client.clone().header(&resource, RESOURCE);
            for (request, missing) in [(&with_resource, "client"), (&with_client, "resource")] {
                let name = format!("x-wso2-{missing}{spelling}id");
                let text = format!("Missing header x-wso2-{missing}{mark}id");
                for request in [
                    request.clone(),
                    request.clone().header(&name, ""),
                    request.clone().header(&name, " \t "),
                ] {
                    let answer = target.ask("identity", &request).await;
                    let expected = ("missing_request_header", text.as_str());
                    assert_accelerator_error(&answer, 400, expected, &name);
                }
            }
            for again in ["client_id", "client-id", "resource_id", "resource-id"] {
                let request = whole.clone().header(&format!("x-wso2-{again}"), "another");
                let answer = target.ask("identity", &request).await;
                assert_accelerator_error(&answer, 400, BAD_HEADER, &format!("{again} twice"));
            }
            for forbidden in "!@#$%&*()'+,./:;<=>?[]^_`{|}".chars() {
                let request = with_client.clone().header(&resource, format!("a{forbidden}b"));
                let answer = target.ask("identity", &request).await;
                assert_accelerator_error(&answer, 400, BAD_HEADER, &forbidden.to_string());
            }
        }
    }
    assert_still_creating(&target).await;
}

#[tokio::test]
async fn an_unknown_client_is_named_and_one_that_is_no_text_is_refused() {
    let target = Target::start().await;
    let upper = target.tpp.client_id().to_uppercase();
    let long = "c".repeat(4_000);
    for unknown in
        ["nobody", "../operator", "a'b", "' OR '1'='1", "%00", "a b", "a?b#c", "..", &upper, &long]
    {
        for (door, payload, dots) in [("create-events", EVENT, "."), ("events", POLL, "..")] {
            let request = bare(&format!("{}/{door}", BASES[0]), payload)
                .header("Authorization", BASIC)
                .header("x-wso2-client_id", unknown)
                .header("x-wso2-resource_id", RESOURCE);
            let answer = target.ask("identity", &request).await;
            let text = format!(
                "A client was not found for the client id : '{unknown}' in the database{dots} "
            );
            assert_accelerator_error(&answer, 400, ("invalid_request", &text), unknown);
        }
    }
    for bytes in [&b"\xff\xfe"[..], b"\xc3\xa9", b"\x80"] {
        for name in ["x-wso2-client_id", "x-wso2-resource_id"] {
            let request = bare(&format!("{}/create-events", BASES[0]), EVENT)
                .header("Authorization", BASIC)
                .header(
                    "x-wso2-client-id",
                    if name.contains("client") { "" } else { target.tpp.client_id() },
                )
                .header(name, bytes);
            let answer = target.ask("identity", &request).await;
            assert_eq!(answer.status, 400, "{name} {bytes:?}: {answer:?}");
            assert!(answer.body.contains("\"error_description\""), "{answer:?}");
        }
    }
    assert_still_creating(&target).await;
}

#[tokio::test]
async fn another_media_type_method_or_size_is_refused_in_the_accelerators_shape() {
    let target = Target::start().await;
    let body = form(&[("request", STANDARD.encode(EVENT))]);
    for base in BASES {
        for door in ["create-events", "events"] {
            let path = format!("{base}/{door}");
            for media_type in [
                "",
                "text/plain",
                "application/json",
                "multipart/form-data; boundary=x",
                "application/x-www-form-urlencodedx",
            ] {
                let request = Request::new(&format!("POST {path}"))
                    .header("Content-Type", media_type)
                    .body(&body);
                let answer = target.ask("identity", &identified(&target, request)).await;
                assert_eq!(answer.status, 415, "{media_type}: {answer:?}");
                assert!(answer.body.starts_with(r#"{"error":"invalid_request""#), "{answer:?}");
            }
            for method in ["GET", "PUT", "DELETE", "PATCH"] {
                let request = identified(&target, Request::new(&format!("{method} {path}")));
                let answer = target.ask("identity", &request).await;
                assert_eq!((answer.status, answer.header("allow")), (405, "POST"), "{answer:?}");
                assert!(answer.body.starts_with(r#"{"error":"invalid_request""#), "{answer:?}");
            }
            for (length, status) in [(64 * 1024, 400), (64 * 1024 + 1, 413)] {
                let long = format!("request={}", "A".repeat(length - "request=".len()));
                let answer = send(&target, &path, &long).await;
                assert_accelerator_error(&answer, status, FAULTY, door);
            }
        }
    }
    assert_still_creating(&target).await;
}

fn beginning(text: &str) -> String {
    text.chars().take(60).collect()
}
