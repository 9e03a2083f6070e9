//! WSO2's envelopes: `{error, error_description}` of token server and Accelerator,
//! `{code, message, description}` of the gateway.

use actix_web::{HttpResponse, http::StatusCode};

/// `{"error": …, "error_description": …}` (RFC 6749 §5.2), `application/json`, `Cache-Control: no-store`.
#[must_use]
pub fn oauth_error(status: StatusCode, error: &str, description: &str) -> HttpResponse {
    let _ = (status, error, description);
    todo!()
}

/// The Accelerator's error: the same members, `application/json; charset=utf-8`.
#[must_use]
pub fn accelerator_error(status: StatusCode, error: &str, description: &str) -> HttpResponse {
    let _ = (status, error, description);
    todo!()
}

/// The gateway's authentication fault `{"code": "9009xx", "message": …, "description": …}`.
#[must_use]
pub fn gateway_fault(
    status: StatusCode,
    code: &str,
    message: &str,
    description: &str,
) -> HttpResponse {
    let _ = (status, code, message, description);
    todo!()
}

/// The gateway's routing fault, with `"type": "Status report"`.
#[must_use]
pub fn status_report(
    status: StatusCode,
    code: &str,
    message: &str,
    description: &str,
) -> HttpResponse {
    let _ = (status, code, message, description);
    todo!()
}
