//! Problem details (RFC 9457): Lombard's own and internal APIs.

use super::json_answer;
use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;

/// `application/problem+json` with `type` `urn:lombard:problem:CODE`, `title`, `status`, `detail`.
#[must_use]
pub fn problem(status: StatusCode, code: &str, detail: &str) -> HttpResponse {
    let body = Problem {
        r#type: format!("urn:lombard:problem:{code}"),
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail,
    };
    json_answer(status, "application/problem+json", &body)
}

#[derive(Serialize)]
struct Problem<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
}
