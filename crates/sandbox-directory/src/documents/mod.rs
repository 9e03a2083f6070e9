//! What everybody may read: JWK sets, the revocation list, the authorities.

mod authorities;
mod key_sets;
mod revocation_list;

pub(crate) use authorities::authority;
pub(crate) use key_sets::{keys, keystore, revoked_keys};
pub(crate) use revocation_list::{RevocationLists, revocation_list};

use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

/// Why a document cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DocumentError {
    /// The revocation list cannot be signed.
    #[error("the revocation list cannot be made: {0}")]
    RevocationList(#[from] certificates::IssueError),
    /// A record that this version cannot read.
    #[error("when {0} was revoked is unreadable")]
    RevokedAt(String),
}

/// A document with its validator.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    content_type: &'static str,
    etag: String,
    body: Bytes,
}

impl Document {
    /// `body`; its validator follows from it (RFC 9110 §8.8.3).
    pub(crate) fn new(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self { content_type, etag: format!("\"{}\"", jose::sha256_base64url(&body)), body }
    }

    /// 200, or 304 to a caller that has this version already.
    pub(crate) fn answer(&self, request: &HttpRequest, max_age_seconds: u32) -> HttpResponse {
        let has_it = names(request.headers(), &self.etag);
        let mut answer = if has_it { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        answer
            .insert_header((header::CACHE_CONTROL, format!("public, max-age={max_age_seconds}")))
            .insert_header((header::ETAG, self.etag.as_str()));
        if has_it {
            return answer.finish();
        }
        answer.content_type(self.content_type).body(self.body.clone())
    }
}

/// Whether `If-None-Match` holds `etag` or `*` (RFC 9110 §13.1.2).
fn names(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}
