//! The documented shape of each API's refusals.

use serde_json::{Value, json};
use test_kit::TestAnswer;

/// `{"error", "error_description"}` of RFC 6749 §5.2, not to be cached.
#[track_caller]
pub(super) fn assert_oauth_error(answer: &TestAnswer, status: u16, error: &str, case: &str) {
    let body = refusal(answer, status, case);
    assert_eq!(body["error"], error, "{case}: {answer:?}");
    assert!(body["error_description"].is_string(), "{case}: {answer:?}");
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(2), "{case}: {answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store", "{case}: {answer:?}");
}

/// The one answer to every authentication that fails.
#[track_caller]
pub(super) fn assert_invalid_client(answer: &TestAnswer, case: &str) {
    assert_oauth_error(answer, 401, "invalid_client", case);
    let body = refusal(answer, 401, case);
    assert_eq!(body["error_description"], "Client authentication failed", "{case}: {answer:?}");
}

/// `{"error", "error_description"}` of the Accelerator, with its exact text.
#[track_caller]
pub(super) fn assert_accelerator_error(
    answer: &TestAnswer,
    status: u16,
    (error, description): (&str, &str),
    case: &str,
) {
    let body = refusal(answer, status, case);
    assert_eq!(
        body,
        json!({"error": error, "error_description": description}),
        "{case}: {answer:?}"
    );
}

/// `OBErrorResponse1` with one error of this code: its `Path`.
#[track_caller]
pub(super) fn assert_open_banking_error(
    answer: &TestAnswer,
    status: u16,
    code: &str,
    case: &str,
) -> Option<String> {
    let body = refusal(answer, status, case);
    let error = &body["Errors"][0];
    assert_eq!(error["ErrorCode"], format!("UK.OBIE.{code}"), "{case}: {answer:?}");
    for (text, longest) in [(&body["Code"], 40), (&body["Message"], 500), (&error["Message"], 500)]
    {
        let length = text.as_str().map_or(0, |text| text.chars().count());
        assert!((1..=longest).contains(&length), "{case}: {answer:?}");
    }
    error["Path"].as_str().map(ToOwned::to_owned)
}

/// The gateway's own `{"code", "message", "description"}`.
#[track_caller]
pub(super) fn assert_gateway_error(answer: &TestAnswer, status: u16, code: &str, case: &str) {
    let body = refusal(answer, status, case);
    assert_eq!(body["code"], code, "{case}: {answer:?}");
    for member in ["message", "description"] {
        assert!(body[member].is_string(), "{case}: {answer:?}");
    }
}

/// What all refusals have in common: status, one interaction id that is a UUID, a JSON object.
#[track_caller]
fn refusal(answer: &TestAnswer, status: u16, case: &str) -> Value {
    assert_eq!(answer.status, status, "{case}: {answer:?}");
    let ids = answer.headers("x-fapi-interaction-id");
    assert!(ids.len() == 1 && ids[0].len() == 36, "{case}: {answer:?}");
    assert!(answer.header("content-type").starts_with("application/json"), "{case}: {answer:?}");
    let body: Value = serde_json::from_str(&answer.body)
        .unwrap_or_else(|error| panic!("{case}: {error}: {answer:?}"));
    assert!(body.is_object(), "{case}: {answer:?}");
    body
}
