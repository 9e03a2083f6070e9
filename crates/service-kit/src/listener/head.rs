//! What a request's head must not be, decided before anything else looks at it.

use super::Limits;
use crate::errors::problem::problem;
use actix_http::{ConnectionType, RequestHead};
use actix_web::{
    HttpResponse,
    http::{Method, StatusCode, header},
};

/// Why a head is refused. actix-http refuses what is malformed; these are well-formed enough for it,
/// but two readers could understand them in two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HeadError {
    /// `CONNECT` (RFC 9110 §9.3.6): this is no proxy.
    #[error("this server does not tunnel")]
    Connect,
    /// The target's authority and `Host` differ (RFC 9112 §3.2.2).
    #[error("the request target and the Host header disagree")]
    HostMismatch,
    /// `Host` is not `host[:port]` (RFC 9110 §7.2).
    #[error("the Host header is not a host")]
    InvalidHost,
    /// A NUL in the path or query.
    #[error("the request target contains a NUL")]
    NulInTarget,
    /// More bytes than the limit allows.
    #[error("the request head is too large")]
    TooLarge,
    /// `TRACE` (RFC 9110 §9.3.8) would show a proxy's additions to the client.
    #[error("TRACE is not allowed")]
    Trace,
    /// `Upgrade` (RFC 9110 §7.8). With `websocket`, actix-http would take everything that follows
    /// for the body, whatever the length says.
    #[error("this server does not upgrade")]
    Upgrade,
}

impl HeadError {
    /// The answer, and whether the connection must not be used again.
    pub(super) fn answer(self) -> (HttpResponse, bool) {
        let (status, code, close) = match self {
            Self::Connect => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", true),
            Self::HostMismatch => (StatusCode::BAD_REQUEST, "host_mismatch", true),
            Self::InvalidHost => (StatusCode::BAD_REQUEST, "invalid_host", true),
            Self::NulInTarget => (StatusCode::BAD_REQUEST, "invalid_target", false),
            Self::TooLarge => (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large", true),
            Self::Trace => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", false),
            Self::Upgrade => (StatusCode::BAD_REQUEST, "upgrade_refused", true),
        };
        (problem(status, code, &self.to_string()), close)
    }
}

/// Checks a head of at most `bytes` bytes.
pub(super) fn check(head: &RequestHead, bytes: usize, limits: &Limits) -> Result<(), HeadError> {
    if head.method == Method::CONNECT {
        return Err(HeadError::Connect);
    }
    let upgrades = head.connection_type() == ConnectionType::Upgrade;
    if upgrades || head.headers.contains_key(header::UPGRADE) {
        return Err(HeadError::Upgrade);
    }
    if bytes > limits.head_bytes && size(head) > limits.head_bytes {
        return Err(HeadError::TooLarge);
    }
    check_host(head)?;
    if let Some(target) = head.uri.path_and_query()
        && target.as_str().contains("%00")
    {
        return Err(HeadError::NulInTarget);
    }
    if head.method == Method::TRACE {
        return Err(HeadError::Trace);
    }
    Ok(())
}

fn check_host(head: &RequestHead) -> Result<(), HeadError> {
    let authority = head.uri.authority();
    // HTTP/1.0 may leave it out; actix-http refuses its absence in HTTP/1.1 and its repetition.
    let Some(host) = head.headers.get(header::HOST) else {
        return if authority.is_some() { Err(HeadError::HostMismatch) } else { Ok(()) };
    };
    let host = host.as_bytes();
    if host.is_empty() || !host.iter().all(|byte| is_host_byte(*byte)) {
        return Err(HeadError::InvalidHost);
    }
    match authority {
        Some(authority) if !authority.as_str().as_bytes().eq_ignore_ascii_case(host) => {
            Err(HeadError::HostMismatch)
        }
        _ => Ok(()),
    }
}

/// Names, IPv4 and bracketed IPv6 addresses, and a port.
fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte)
}

/// Bytes of the head on the wire, give or take spaces.
fn size(head: &RequestHead) -> usize {
    let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let fields = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    head.method.as_str().len() + target + 12 + fields.sum::<usize>()
}
