//! Forwarding a request to an upstream, streaming both bodies.

use super::{PeerError, ServiceIdentity};
use actix_web::{HttpRequest, HttpResponse, http::header::HeaderMap, web};
use std::time::Duration;

/// A pooled HTTP/1.1 client towards upstreams: mutual TLS with the service identity for `https`,
/// plain for `http`. One per worker costs less than a shared one.
#[derive(Clone, Debug)]
pub struct Forwarder {}

/// Where a request goes.
#[derive(Clone, Debug)]
pub struct ForwardTarget {
    /// Absolute URL with path and query.
    pub url: String,
    /// The headers to send, in full; hop-by-hop ones are dropped here.
    pub headers: HeaderMap,
    /// How long until the upstream's head must be there.
    pub timeout: Duration,
}

/// Why an upstream gave no answer (design §5 row 48).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForwardError {
    /// Not HTTP, or a broken head.
    #[error("broken answer: {0}")]
    BrokenAnswer(String),
    /// The client's own body failed or was too large.
    #[error("client body: {0}")]
    ClientBody(actix_web::error::PayloadError),
    /// No connection.
    #[error("no connection: {0}")]
    Connect(String),
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
}

impl Forwarder {
    /// A forwarder with `identity`.
    pub fn new(identity: &ServiceIdentity) -> Result<Self, PeerError> {
        let _ = identity;
        todo!()
    }

    /// Forwards `request` with `payload` (at most `body_limit` bytes) and streams the answer back with
    /// the upstream's end-to-end headers. A client that leaves cancels the upstream call.
    pub async fn forward(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
        body_limit: usize,
        target: ForwardTarget,
    ) -> Result<HttpResponse, ForwardError> {
        let _ = (request, payload, body_limit, target);
        todo!()
    }
}
