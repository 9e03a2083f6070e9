//! Error envelopes, one file per API family.

pub mod obie;
pub mod payload;
pub mod problem;
pub mod wso2;

use actix_web::{
    HttpResponse,
    http::{StatusCode, header::CONTENT_TYPE},
};
use serde::Serialize;

/// An answer of `status` with `body` as JSON; the envelopes hold strings and numbers only, which
/// always serialise.
fn json_answer(
    status: StatusCode,
    content_type: &'static str,
    body: &impl Serialize,
) -> HttpResponse {
    let body = serde_json::to_vec(body).unwrap_or_default();
    HttpResponse::build(status).insert_header((CONTENT_TYPE, content_type)).body(body)
}

/// `application/json`, as RFC 8259 registers it.
const JSON: &str = "application/json";
/// The form that OBIE and the Accelerator answer with.
const JSON_UTF8: &str = "application/json; charset=utf-8";

#[cfg(test)]
mod tests;
