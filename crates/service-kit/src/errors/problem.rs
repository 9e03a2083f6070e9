//! Problem details (RFC 9457): Lombard's own and internal APIs.

use actix_web::{HttpResponse, http::StatusCode};

/// `application/problem+json` with `type` `urn:lombard:problem:CODE`, `title`, `status`, `detail`.
#[must_use]
pub fn problem(status: StatusCode, code: &str, detail: &str) -> HttpResponse {
    let _ = (status, code, detail);
    todo!()
}
