//! Which headers go from one hop to the next (RFC 9110 §7.6.1).

use actix_web::{
    HttpRequest,
    http::header::{
        HeaderMap as ActixHeaderMap, HeaderName as ActixHeaderName, HeaderValue as ActixHeaderValue,
    },
};
use http::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue};

/// The client's headers that an upstream may see and that `keep` (given the name in lower case)
/// lets through.
///
/// Left out are hop-by-hop headers, those that `Connection` names, `Expect` (answered here), `Host`
/// and `Content-Length` (set anew). What the caller adds afterwards is out of the client's reach,
/// whatever its `Connection` names.
#[must_use]
pub fn end_to_end_headers(request: &HttpRequest, keep: impl Fn(&str) -> bool) -> HeaderMap {
    let inbound = request.headers();
    let mut headers = HeaderMap::with_capacity(inbound.len() + HEADROOM);
    let named = inbound.get_all(CONNECTION.as_str()).map(ActixHeaderValue::as_bytes);
    let named: Vec<&[u8]> = named.collect();
    for (name, value) in inbound {
        let name = name.as_str();
        if is_per_hop(name) || is_named(&named, name) || !keep(name) {
            continue;
        }
        // Both succeed: actix has parsed them by the same grammar.
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            headers.append(name, value);
        }
    }
    headers
}

/// Removes what this hop sets itself.
pub(super) fn remove_per_hop(headers: &mut HeaderMap) {
    for name in PER_HOP {
        headers.remove(*name);
    }
}

/// Copies an upstream's end-to-end headers into an answer; `keep_length` for answers that state the
/// length of a body they do not have.
pub(super) fn copy_answer_headers(from: &HeaderMap, to: &mut ActixHeaderMap, keep_length: bool) {
    let named: Vec<&[u8]> = from.get_all(CONNECTION).iter().map(HeaderValue::as_bytes).collect();
    for (name, value) in from {
        let name = name.as_str();
        let per_hop = is_per_hop(name) && !(keep_length && name == "content-length");
        if per_hop || is_named(&named, name) {
            continue;
        }
        let name = ActixHeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, ActixHeaderValue::from_bytes(value.as_bytes())) {
            to.append(name, value);
        }
    }
}

fn is_per_hop(name: &str) -> bool {
    PER_HOP.contains(&name)
}

fn is_named(connection: &[&[u8]], name: &str) -> bool {
    connection.iter().any(|value| {
        value
            .split(|byte| *byte == b',')
            .any(|option| option.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
    })
}

/// Hop-by-hop headers, and those whose value only this hop can know.
const PER_HOP: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// Room for what the caller adds.
const HEADROOM: usize = 8;
