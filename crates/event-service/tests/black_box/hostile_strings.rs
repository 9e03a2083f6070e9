//! Strings that have broken other software, in every field that takes one: kept and returned
//! character by character in a SET that verifies, or refused with 400.

use crate::harness::{Answer, BASIC, CLIENT, RESOURCE, Setup, TestService, V3};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use event_service::SetProfile;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

/// Creates an event of `events`, reads its SET with another library and acknowledges it.
async fn returned(service: &TestService, events: &str) -> String {
    let created = service.create(events).await;
    assert_eq!(created.status, 201, "{events} {created:?}");
    let id = created.json()["notificationsID"].as_str().unwrap().to_owned();
    let text = service.read(&service.poll("{}").await, &id).text;
    let rest = service.poll(&json!({"ack": [id]}).to_string()).await;
    assert!(rest.ids().is_empty(), "{events}");
    text
}

async fn create_with(service: &TestService, name: &str, value: &[u8]) -> Option<Answer> {
    let value = HeaderValue::from_bytes(value).ok()?;
    let mut headers = vec![("x-wso2-client_id", HeaderValue::from_static(CLIENT))];
    headers.push(("x-wso2-resource_id", HeaderValue::from_static(RESOURCE)));
    headers.retain(|(known, _)| *known != name);
    let mut request = service.forwarded(&format!("{V3}/create-events"));
    for (known, value) in headers {
        request = request.header(known, value);
    }
    let request = request
        .header(name, value)
        .header("authorization", BASIC)
        .form(&[("request", BASE64_STANDARD.encode(r#"{"urn:a:b":{}}"#))]);
    Some(Answer::read(request.send().await.unwrap()).await)
}

test_kit::on_both_databases! {
    /// EV-14: event types, member names and values.
    async fn ev_14_a_hostile_string_comes_back_unchanged_in_a_set_that_verifies(database: TestDatabase) {
        assert!(STRINGS.len() >= 60);
        let service = TestService::on(database).await;
        for text in STRINGS {
            let quoted = serde_json::to_string(text).unwrap();
            let information = format!(r#"{{ {quoted} :{quoted}, "list":[{quoted}] }}"#);
            let events = format!("{{{}:{information}}}", if text.is_empty() { "\"t\"" } else { &quoted });
            let claims = returned(&service, &events).await;
            assert!(claims.ends_with(&format!("\"events\":{events}}}")), "{claims}");
        }
        let refused = service.create(r#"{"":{}}"#).await;
        let description = "Error in event creation request payload";
        refused.assert_accelerator_error(400, "invalid_request", description);
    }

    /// EV-14: texts that JSON can spell in several ways keep their spelling.
    async fn ev_14_an_escape_keeps_its_spelling(database: TestDatabase) {
        let service = TestService::on(database).await;
        for spelling in SPELLINGS {
            let events = format!(r#"{{"t":{{"{spelling}":"{spelling}"}}}}"#);
            let claims = returned(&service, &events).await;
            assert!(claims.ends_with(&format!("\"events\":{events}}}")), "{claims}");
        }
        for text in NOT_JSON {
            let answer = service.create(&format!(r#"{{"t":{{"s":"{text}"}}}}"#)).await;
            answer.assert_accelerator_error(400, "invalid_request_payload", "Error in the request payload");
        }
    }

    /// EV-14: `err`, `description` and ids of a poll.
    async fn ev_14_a_hostile_report_is_recorded_or_refused(database: TestDatabase) {
        let service = TestService::on(database).await;
        for text in STRINGS {
            let id = service.created().await;
            for ids in [json!({"ack": [text]}), json!({"setErrs": {*text: {"err": "e", "description": "d"}}})] {
                let answer = service.poll(&ids.to_string()).await;
                assert!(matches!(answer.status, 200 | 400), "{text:?} {answer:?}");
                assert_eq!(service.poll("{}").await.ids(), [&*id], "{text:?} released an event");
            }
            let characters = text.chars().count();
            let storable = !text.contains('\0');
            let report = json!({"setErrs": {&*id: {"err": text, "description": text}}, "maxEvents": 0});
            let answer = service.poll(&report.to_string()).await;
            let expected = if storable && (1..=40).contains(&characters) { 200 } else { 400 };
            assert_eq!(answer.status, expected, "{text:?} {answer:?}");
            service.poll(&json!({"ack": [id], "maxEvents": 0}).to_string()).await;
        }
    }

    /// EV-14: headers.
    async fn ev_14_a_hostile_header_is_taken_as_it_is_or_refused(database: TestDatabase) {
        let service = TestService::with(&Setup::in_profile(database, SetProfile::Obie)).await;
        let mut taken = 0;
        for text in STRINGS {
            for name in ["x-wso2-client_id", "x-wso2-resource_id", "x-lombard-txn"] {
                let Some(answer) = create_with(&service, name, text.as_bytes()).await else { continue };
                assert!(matches!(answer.status, 201 | 400), "{name} {text:?} {answer:?}");
                if answer.status == 400 {
                    answer.json()["error_description"].as_str().unwrap();
                    continue;
                }
                taken += 1;
                let id = answer.json()["notificationsID"].as_str().unwrap().to_owned();
                let claims = service.read(&service.poll("{}").await, &id).claims;
                check_header(&claims, name, text.trim());
                service.poll(&json!({"ack": [id], "maxEvents": 0}).to_string()).await;
            }
        }
        assert!(taken > 40, "{taken}");
    }
}

fn check_header(claims: &Value, name: &str, text: &str) {
    match name {
        "x-lombard-txn" => assert_eq!(claims["txn"], text),
        "x-wso2-resource_id" => {
            let url: url::Url = claims["sub"].as_str().unwrap().parse().unwrap();
            let segments: Vec<&str> = url.path_segments().unwrap().collect();
            assert_eq!(segments.len(), 2, "{url}");
            let query = segments[1].replace('+', "%2B");
            let decoded =
                url::form_urlencoded::parse(query.as_bytes()).next().unwrap_or_default().0;
            assert_eq!(decoded, text);
        }
        _ => panic!("a client of this id: {text:?}"),
    }
}

/// Quoting, markup, queries, control and format characters, right-to-left marks, combining
/// characters, astral planes, noncharacters, format strings, paths, numbers and words as texts.
const STRINGS: &[&str] = &[
    "",
    " ",
    "undefined",
    "null",
    "true",
    "NaN",
    "Infinity",
    "-1",
    "0",
    "00",
    "1e400",
    "0x0",
    "1/0",
    "9223372036854775808",
    "-0.0",
    "1,000",
    "\u{662}\u{664}",
    "'",
    "\"",
    "\\",
    "\\\\",
    "\\u0000",
    "\\\"",
    "\u{0}",
    "a\u{0}b",
    "\u{1}\u{8}\u{1b}[31m",
    "\u{1f}\u{7f}\u{80}\u{9f}",
    "\u{85}",
    "\u{a0}\u{2003}\u{3000}",
    "\u{feff}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{fffd}",
    "\u{fdd0}",
    "\u{e000}",
    "\u{202e}txt.exe",
    "\u{2066}a\u{2069}",
    "\u{200f}\u{200e}",
    "\u{2028}\u{2029}",
    "\u{200b}",
    "\u{ad}",
    "Z\u{300}\u{301}\u{302}\u{303}",
    "\u{1100}\u{1161}\u{11a8}",
    "e\u{301} \u{e9}",
    "\u{212b} \u{c5}",
    "\u{130} \u{131} \u{df}",
    "\u{1f47e} \u{1f647}",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    "\u{1f1ec}\u{1f1e7}",
    "\u{e0067}",
    "\u{10ffff}",
    "\u{540d}\u{524d}",
    "\u{627}\u{644}\u{643}\u{644}",
    "\u{5e9}\u{5dc}\u{5d5}\u{5dd} abc",
    "<script>alert(1)</script>",
    "<img src=x onerror=a()>",
    "]]>",
    "<!-- -->",
    "&amp;&#0;",
    "{{7*7}}",
    "${7*7}",
    "#{7*7}",
    "${jndi:ldap://x}",
    "%s%n%x",
    "%00",
    "%2e%2e%2f",
    "' OR 1=1 --",
    "; DROP TABLE event_log",
    "\"; DELETE FROM client; --",
    "') RETURNING set_jws --",
    "$1",
    "?",
    ":id",
    "../../etc/passwd",
    "..",
    ".",
    "/",
    "C:\\CON",
    "file:///etc/passwd",
    "https://",
    "a/b?c#d",
    "\r\nSet-Cookie: a=b",
    "a\tb\nc\r",
    "$(touch x)",
    "`id`",
    "| id",
    "() { :;};",
    "__proto__",
    "constructor",
    "toString",
    "e30.e30.",
    "a.b.c",
    "iat",
    "\u{1F3E6}\u{FE0F}",
];

/// The inside of JSON strings in unusual but right spellings.
const SPELLINGS: &[&str] = &[
    r"\u0000",
    r"\u0041",
    r"\u00e9\/",
    r"\ud83d\ude00",
    r"\uD83D\uDE00",
    r"\b\f\n\r\t",
    r"\\u0000",
    r"\u2028",
    r"\uffff",
    r"\u0022",
    r"\u005c\u005c",
    r"\u202e",
];

/// The inside of JSON strings that is none.
const NOT_JSON: &[&str] = &[
    r"\ud800",
    r"\udc00",
    r"\ud800\ud800",
    r"\udc00\ud800",
    r"\ud83dx",
    r"\ud83d\u0041",
    r"\x41",
    r"\u00g0",
    r"\u123",
    r"\'",
    r"\",
    "\u{0}",
    "\n",
    "\u{1f}",
];
