//! Problem details (RFC 9457): Lombard's own and internal APIs.

use super::json_answer;
use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;

/// `application/problem+json` with `type` `urn:lombard:problem:CODE`, `title`, `status`, `detail`.
#[must_use]
pub fn problem(status: StatusCode, code: &str, detail: &str) -> HttpResponse {
    answer(status, code, detail, None)
}

/// The same about one member of the request, which the member `pointer` names (RFC 6901), as in the
/// example of RFC 9457 §3.
#[must_use]
pub fn problem_at(status: StatusCode, code: &str, detail: &str, pointer: &str) -> HttpResponse {
    answer(status, code, detail, Some(pointer))
}

fn answer(status: StatusCode, code: &str, detail: &str, pointer: Option<&str>) -> HttpResponse {
    let body = Problem {
        r#type: format!("urn:lombard:problem:{code}"),
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail,
        pointer,
    };
    json_answer(status, "application/problem+json", &body)
}

#[derive(Serialize)]
struct Problem<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<&'a str>,
}
