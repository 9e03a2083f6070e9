//! The body of `POST /open-banking/v3.1/events`, through the gateway.

use crate::bad_input::{Request, Target, assert_gateway_error, assert_open_banking_error};
use crate::harness::Poll;
use serde_json::{Value, json};
use test_kit::TestAnswer;

const PATH: &str = "/open-banking/v3.1/events";
const INVALID_FORMAT: &str = "Resource.InvalidFormat";

#[tokio::test]
async fn a_body_that_is_no_unambiguous_json_object_is_refused() {
    let target = Target::start().await;
    for body in [
        &b""[..],
        b" ",
        b"\0",
        b"{",
        b"}",
        b"[]",
        b"[{}]",
        b"null",
        b"true",
        b"3",
        b"\"{}\"",
        b"maxEvents=3",
        b"{'maxEvents':3}",
        b"{maxEvents:3}",
        b"{\"maxEvents\":3,}",
        b"{\"maxEvents\":03}",
        b"{\"maxEvents\":0x3}",
        b"{\"maxEvents\":NaN}",
        b"{\"maxEvents\":3}{\"maxEvents\":3}",
        b"{} x",
        b"{\"x\":\"\x01\"}",
        b"{\"x\":\"\\x41\"}",
        b"{\"x\":\"\\ud800\"}",
        b"{\"x\":\"\\udc00\\ud800\"}",
        b"{\"\\ud800\":1}",
        b"{\"x\":\"\xff\"}",
        b"{\"x\":\"\xc0\xae\"}",
        b"{\"x\":\"\xed\xa0\x80\"}",
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\0}\0",
        b"{\"maxEvents\":1,\"maxEvents\":1}",
        b"{\"ack\":[],\"\\u0061ck\":[]}",
        b"{\"x\":{\"y\":1,\"y\":2}}",
        b"{\"setErrs\":{\"j\":{\"err\":\"e\",\"description\":\"d\"},\"j\":{\"err\":\"e\",\"description\":\"d\"}}}",
    ] {
        let answer = poll(&target, body).await;
        let case = String::from_utf8_lossy(body);
        assert_open_banking_error(&answer, 400, INVALID_FORMAT, &case);
    }
    assert_still_polling(&target).await;
}

#[tokio::test]
async fn a_body_nested_ten_thousand_deep_is_refused() {
    let target = Target::start().await;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        for body in [deep.clone(), format!("{{\"x\":{deep}}}"), format!("{{\"ack\":{deep}}}")] {
            let answer = poll(&target, &body).await;
            assert_open_banking_error(&answer, 400, INVALID_FORMAT, &body[..20]);
        }
        let answer = poll(&target, open.repeat(10_000)).await;
        assert_open_banking_error(&answer, 400, INVALID_FORMAT, open);
    }
    assert_still_polling(&target).await;
}

#[tokio::test]
async fn a_member_of_the_wrong_type_or_value_is_named() {
    let target = Target::start().await;
    for (member, value, code) in [
        ("maxEvents", json!("3"), INVALID_FORMAT),
        ("maxEvents", json!(null), INVALID_FORMAT),
        ("maxEvents", json!(true), INVALID_FORMAT),
        ("maxEvents", json!([3]), INVALID_FORMAT),
        ("maxEvents", json!({}), INVALID_FORMAT),
        ("maxEvents", json!(-1), "Field.Invalid"),
        ("maxEvents", json!(1.5), "Field.Invalid"),
        ("returnImmediately", json!("true"), INVALID_FORMAT),
        ("returnImmediately", json!(1), INVALID_FORMAT),
        ("returnImmediately", json!(null), INVALID_FORMAT),
        ("ack", json!("x"), INVALID_FORMAT),
        ("ack", json!({}), INVALID_FORMAT),
        ("ack", json!(null), INVALID_FORMAT),
        ("ack", json!([1]), INVALID_FORMAT),
        ("ack", json!([null]), INVALID_FORMAT),
        ("ack", json!([["x"]]), INVALID_FORMAT),
        ("ack", json!([""]), "Field.Invalid"),
        ("ack", json!(["x".repeat(129)]), "Field.Invalid"),
        ("ack", json!(["\u{1f3e6}".repeat(129)]), "Field.Invalid"),
        ("setErrs", json!([]), INVALID_FORMAT),
        ("setErrs", json!("x"), INVALID_FORMAT),
        ("setErrs", json!(null), INVALID_FORMAT),
        ("setErrs", json!({"": {"err": "e", "description": "d"}}), "Field.Invalid"),
        ("setErrs", json!({"x".repeat(129): {"err": "e", "description": "d"}}), "Field.Invalid"),
    ] {
        let body = json!({member: value}).to_string();
        let answer = poll(&target, &body).await;
        let path = assert_open_banking_error(&answer, 400, code, &body);
        assert!(path.is_some_and(|path| path.starts_with(member)), "{body}: {answer:?}");
    }
    assert_still_polling(&target).await;
}

#[tokio::test]
async fn an_error_report_whose_members_are_missing_or_out_of_bounds_is_named() {
    let target = Target::start().await;
    let (long_code, long_text) = ("e".repeat(41), "d".repeat(257));
    for (report, code, member) in [
        (json!({}), "Field.Missing", "setErrs.j.err"),
        (json!({"description": "d"}), "Field.Missing", "setErrs.j.err"),
        (json!({"err": "e"}), "Field.Missing", "setErrs.j.description"),
        (json!({"err": "", "description": "d"}), "Field.Invalid", "setErrs.j.err"),
        (json!({"err": long_code, "description": "d"}), "Field.Invalid", "setErrs.j.err"),
        (json!({"err": "e", "description": long_text}), "Field.Invalid", "setErrs.j.description"),
        // PostgreSQL's texts cannot hold it, and what is refused on one database is on both.
        (json!({"err": "\0", "description": "d"}), "Field.Invalid", "setErrs.j.err"),
        (json!({"err": 1, "description": "d"}), INVALID_FORMAT, "setErrs.j.err"),
        (json!({"err": null, "description": "d"}), INVALID_FORMAT, "setErrs.j.err"),
        (json!({"err": "e", "description": ["d"]}), INVALID_FORMAT, "setErrs.j.description"),
        (json!("e"), INVALID_FORMAT, "setErrs.j"),
        (json!(null), INVALID_FORMAT, "setErrs.j"),
    ] {
        let body = json!({"setErrs": {"j": report}}).to_string();
        let answer = poll(&target, &body).await;
        let path = assert_open_banking_error(&answer, 400, code, &body);
        assert_eq!(path.as_deref(), Some(member), "{body}");
    }
    let longest =
        json!({"setErrs": {"j": {"err": "e".repeat(40), "description": "d".repeat(256)}}});
    assert_eq!(poll(&target, longest.to_string()).await.status, 200);
    assert_still_polling(&target).await;
}

#[tokio::test]
async fn what_is_odd_but_allowed_is_polled_with() {
    let target = Target::start().await;
    let id = "a5bf12ab-6dd9-4ffc-a1d9-d4d90a1ac5d4";
    // As many as a body can hold.
    let ids: Vec<String> = (0..10_000).map(|number| format!("{number:x}")).collect();
    let many = json!({"ack": ids[..9_500]}).to_string();
    for body in [
        "{}".to_owned(),
        format!("  {{ }}{}", " ".repeat(64 * 1024 - 5)),
        many,
        json!({"ack": ["x".repeat(128)]}).to_string(),
        json!({"ack": [id, id, id.to_uppercase(), "\0", "'; DROP TABLE event; --", "\u{202e}", "%"]})
            .to_string(),
        json!({"ack": ["\u{1f3e6}".repeat(128)]}).to_string(),
        json!({"ack": [id], "setErrs": {id: {"err": "\u{1}", "description": "\u{1f4a9}"}}}).to_string(),
        json!({"unknown": {"\0": [null, 1e300]}, "": "", "__proto__": {}}).to_string(),
    ] {
        let answer = poll(&target, &body).await;
        assert_eq!(answer.status, 200, "{}: {answer:?}", &body[..body.len().min(100)]);
        assert_eq!(answer.headers("x-fapi-interaction-id").len(), 1);
    }
    // A number that few can hold may be capped or refused, but is never a fault (RFC 8259 §6).
    for member in ["maxEvents", "unknown"] {
        for number in ["1e12", "1000000000000", "18446744073709551616", "1e400", "3.0", "-0"] {
            let body = format!("{{\"{member}\":{number}}}");
            let answer = poll(&target, &body).await;
            assert!([200, 400].contains(&answer.status), "{body}: {answer:?}");
        }
    }
    assert_still_polling(&target).await;
}

#[tokio::test]
async fn another_content_type_is_unsupported_and_another_answer_not_acceptable() {
    let target = Target::start().await;
    let line = format!("POST {PATH}");
    let request = Request::new(&line).header("Authorization", target.bearer()).body("{}");
    let code = "Header.Invalid";
    let untyped = target.ask("api", &request).await;
    assert_open_banking_error(&untyped, 415, code, "no content type");
    for content_type in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jose+jwe",
        "application/jsonx",
        "application/json; charset=utf-16",
        "*/*",
        "application/json, text/plain",
    ] {
        let answer = target.ask("api", &request.clone().header("Content-Type", content_type)).await;
        assert_open_banking_error(&answer, 415, code, content_type);
    }
    let request = request.header("Content-Type", "application/json");
    for accept in ["application/jose+jwe", "text/html"] {
        let answer = target.ask("api", &request.clone().header("Accept", accept)).await;
        assert_open_banking_error(&answer, 406, code, accept);
    }
    let answer = target.ask("api", &request.clone().header("Content-Encoding", "gzip")).await;
    assert!([200, 415].contains(&answer.status), "{answer:?}");
    assert_still_polling(&target).await;
}

#[tokio::test]
async fn a_body_over_64_kib_is_too_large_with_and_without_a_length() {
    let target = Target::start().await;
    let answer = poll(&target, format!("{{}}{}", " ".repeat(64 * 1024 - 1))).await;
    assert_gateway_error(&answer, 413, "413", "64 KiB and one byte");

    let bearer = target.bearer();
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000)).repeat(17);
    let chunked = format!(
        "POST {PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {bearer}\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n"
    );
    let answer = target.connect("api").await.ask(chunked.as_bytes()).await;
    assert_gateway_error(&answer, 413, "413", "chunked");

    assert_still_polling(&target).await;
}

async fn poll(target: &Target, body: impl AsRef<[u8]>) -> TestAnswer {
    let request = Request::json(PATH, body).header("Authorization", target.bearer());
    target.ask("api", &request).await
}

/// An event still comes once by poll and goes by acknowledgement.
async fn assert_still_polling(target: &Target) {
    let events: Value = json!({"urn:uk:org:openbanking:events:resource-update": {"n": 1}});
    let jti = target.installation.bank().create(target.tpp.client_id(), &events).await;
    let answer = poll(target, r#"{"returnImmediately":true}"#).await;
    let jtis: Vec<String> = Poll::read(&answer.body).sets.into_iter().map(|(jti, _)| jti).collect();
    assert_eq!(jtis, std::slice::from_ref(&jti));
    let acknowledged = poll(target, json!({"ack": [jti]}).to_string()).await;
    assert!(Poll::read(&acknowledged.body).sets.is_empty(), "{acknowledged:?}");
    target.assert_unharmed().await;
}
