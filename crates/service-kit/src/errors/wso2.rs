//! WSO2's envelopes: `{error, error_description}` of token server and Accelerator,
//! `{code, message, description}` of the gateway.

use super::{JSON, JSON_UTF8, json_answer};
use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, HeaderValue, PRAGMA},
    },
};
use serde::Serialize;

/// `{"error": …, "error_description": …}` (RFC 6749 §5.2), `application/json`, never cached (§5.1).
#[must_use]
pub fn oauth_error(status: StatusCode, error: &str, description: &str) -> HttpResponse {
    let body = DescribedError { error, error_description: description };
    let mut answer = json_answer(status, JSON, &body);
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    answer
}

/// The Accelerator's error: the same members, `application/json; charset=utf-8`.
#[must_use]
pub fn accelerator_error(status: StatusCode, error: &str, description: &str) -> HttpResponse {
    json_answer(status, JSON_UTF8, &DescribedError { error, error_description: description })
}

/// The gateway's authentication fault `{"code": "9009xx", "message": …, "description": …}`; the code
/// is a string, as in every version of the incumbent.
#[must_use]
pub fn gateway_fault(
    status: StatusCode,
    code: &str,
    message: &str,
    description: &str,
) -> HttpResponse {
    json_answer(status, JSON, &GatewayFault { code, message, description })
}

/// The gateway's routing fault, with `"type": "Status report"`.
#[must_use]
pub fn status_report(
    status: StatusCode,
    code: &str,
    message: &str,
    description: &str,
) -> HttpResponse {
    json_answer(status, JSON, &StatusReport { code, r#type: "Status report", message, description })
}

#[derive(Serialize)]
struct DescribedError<'a> {
    error: &'a str,
    error_description: &'a str,
}

#[derive(Serialize)]
struct GatewayFault<'a> {
    code: &'a str,
    message: &'a str,
    description: &'a str,
}

#[derive(Serialize)]
struct StatusReport<'a> {
    code: &'a str,
    r#type: &'static str,
    message: &'a str,
    description: &'a str,
}
