//! The event-notification doors on the public listener: toolkit users expect them on this host and
//! port, so they are forwarded, unread, to the event service, which checks credentials itself.

use crate::authentication::basic_pair;
use crate::key_manager::Server;
use crate::paths;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, web};
use service_kit::InteractionId;
use service_kit::errors::wso2::accelerator_error;
use service_kit::failure_limit::{Suspect, TooManyFailures};
use service_kit::interaction_id::INTERACTION_ID_HEADER;
use service_kit::outbound::{
    ForwardError, ForwardTarget, Forwarder, HeaderName, HeaderValue, end_to_end_headers,
};

/// The most bytes of a forwarded body.
const BODY_LIMIT: usize = 64 * 1024;
/// The same of a request that may hold many events.
const BATCH_LIMIT: usize = 1024 * 1024;

/// What those who try passwords here count as, before the name that they claim; no client can have
/// this id.
const BANK_USERS: &str = "bank users\n";

/// The most bytes of what is believed to be a user's name.
const NAME_LIMIT: usize = 256;

/// Why a call was not answered by the event service.
#[derive(Debug, thiserror::Error)]
enum DoorError {
    /// The address was refused as this bank user too often.
    #[error(transparent)]
    TooManyFailures(TooManyFailures),
    /// A path that the event service could read as another one.
    #[error("unsafe path")]
    UnsafePath,
    /// The event service, or the way to it, failed.
    #[error(transparent)]
    Upstream(ForwardError),
}

/// Forwards any method under one of the base paths.
pub(crate) async fn forward(
    server: web::Data<Server>,
    forwarder: web::Data<Forwarder>,
    interaction: InteractionId,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let suspect = suspect(&request);
    if let Some(Err(error)) = suspect.as_ref().map(|suspect| server.failure_limit.check(suspect)) {
        return DoorError::TooManyFailures(error).answer(&interaction);
    }
    let answer = match server.event_target(&request, &interaction) {
        Ok(target) => forwarder
            .forward(&request, payload, body_limit(request.path()), target)
            .await
            .map_err(DoorError::Upstream),
        Err(error) => Err(error),
    };
    let answer = answer.unwrap_or_else(|error| error.answer(&interaction));
    if let Some(suspect) = suspect
        && answer.status() == StatusCode::UNAUTHORIZED
    {
        server.failure_limit.count(&suspect);
    }
    answer
}

fn body_limit(path: &str) -> usize {
    if path.starts_with(paths::OWN_EVENT_DOORS) { BATCH_LIMIT } else { BODY_LIMIT }
}

/// Who fails if the event service says 401: the address, with the user that it claims to be. What
/// names nobody counts together.
fn suspect(request: &HttpRequest) -> Option<Suspect> {
    // A connection whose peer is gone has no address.
    let peer = request.peer_addr()?;
    let name = claimed_user(request.headers()).unwrap_or_default();
    Some(Suspect::new(peer.ip(), Some(&[BANK_USERS, &name].concat())))
}

/// The name that the one `Authorization` header gives, where it could be one; nobody has checked it.
fn claimed_user(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(AUTHORIZATION);
    let pair = values.next().and_then(basic_pair)?;
    // The event service does not read repeated ones.
    let is_only = values.next().is_none();
    let (name, _) = pair.split_once(':')?;
    let is_plausible =
        !name.is_empty() && name.len() <= NAME_LIMIT && !name.chars().any(char::is_control);
    (is_only && is_plausible).then(|| name.to_owned())
}

impl Server {
    fn event_target(
        &self,
        request: &HttpRequest,
        interaction: &InteractionId,
    ) -> Result<ForwardTarget, DoorError> {
        let path = SafePath::of(request.uri().path())?;
        let mut headers = end_to_end_headers(request, is_forwarded);
        if let Ok(id) = HeaderValue::from_str(interaction.as_str()) {
            headers.insert(HeaderName::from_static(INTERACTION_ID_HEADER), id);
        }
        Ok(ForwardTarget {
            url: path.below(&self.event_service_url, request.uri().query()),
            headers,
            timeout: self.event_timeout,
        })
    }
}

/// Everything goes on, credentials and `x-wso2-*` included, but what would claim another client
/// certificate than the one of this connection (RFC 9440 §2.4).
fn is_forwarded(name: &str) -> bool {
    !matches!(name, "client-cert" | "client-cert-chain")
}

/// A path below one of the base paths that means the same to everybody: no dot segments, however
/// they are spelled, no empty segments, no encoded separators.
#[derive(Debug)]
struct SafePath<'p>(&'p str);

impl<'p> SafePath<'p> {
    fn of(raw: &'p str) -> Result<Self, DoorError> {
        // The router matched decoded text; what is sent is the text as it came.
        let below = paths::EVENT_DOORS
            .iter()
            .find_map(|base| raw.strip_prefix(base))
            .ok_or(DoorError::UnsafePath)?;
        // One pass: a path may have as many separators as a head has bytes.
        let segments = below.strip_suffix('/').unwrap_or(below);
        let safe = below.is_empty()
            || segments.split('/').all(|segment| !segment.is_empty() && is_safe_segment(segment));
        if safe { Ok(Self(raw)) } else { Err(DoorError::UnsafePath) }
    }

    fn below(&self, base: &str, query: Option<&str>) -> String {
        match query {
            Some(query) => format!("{base}{}?{query}", self.0),
            None => format!("{base}{}", self.0),
        }
    }
}

fn is_safe_segment(segment: &str) -> bool {
    let decoded: Vec<u8> = percent_encoding::percent_decode_str(segment).collect();
    !matches!(decoded.as_slice(), b"." | b"..")
        && !decoded.iter().any(|byte| matches!(byte, b'/' | b'\\' | b'%' | 0..=0x1f | 0x7f))
}

impl DoorError {
    fn answer(&self, interaction: &InteractionId) -> HttpResponse {
        if let Self::Upstream(error) = self {
            tracing::warn!(%error, interaction_id = interaction.as_str(), "event service not reached");
        }
        let (status, code, text) = self.wire();
        let mut answer = accelerator_error(status, code, text);
        if let Self::TooManyFailures(error) = self {
            tracing::info!(
                target: "audit",
                event = "bank_user_authentication",
                outcome = "refused",
                reason = "too_many_failures",
                interaction_id = interaction.as_str(),
            );
            answer.headers_mut().insert(RETRY_AFTER, error.retry_after_seconds().into());
        }
        answer
    }

    fn wire(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::TooManyFailures(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "slow_down",
                "Too many failed attempts, try again later",
            ),
            Self::UnsafePath => {
                (StatusCode::BAD_REQUEST, "invalid_request", "The request path is not valid")
            }
            Self::Upstream(ForwardError::ClientBody(PayloadError::Overflow)) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "invalid_request_payload",
                "Error in the request payload",
            ),
            Self::Upstream(ForwardError::ClientBody(_)) => {
                (StatusCode::BAD_REQUEST, "invalid_request_payload", "Error in the request payload")
            }
            Self::Upstream(ForwardError::Connect(_)) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "The event service is not available",
            ),
            Self::Upstream(ForwardError::Timeout) => (
                StatusCode::GATEWAY_TIMEOUT,
                "temporarily_unavailable",
                "The event service did not answer in time",
            ),
            Self::Upstream(_) => (
                StatusCode::BAD_GATEWAY,
                "server_error",
                "The event service gave an unusable answer",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NAME_LIMIT, SafePath, claimed_user};
    use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    fn claimed(pairs: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for pair in pairs {
            let value = format!("Basic {}", STANDARD.encode(pair));
            headers.append(AUTHORIZATION, HeaderValue::from_str(&value).unwrap());
        }
        claimed_user(&headers)
    }

    #[test]
    fn a_user_is_claimed_by_one_basic_header_with_a_plausible_name() {
        assert_eq!(claimed(&["admin@wso2.com:x:y"]).as_deref(), Some("admin@wso2.com"));
        let long = format!("{}:x", "a".repeat(NAME_LIMIT + 1));
        for implausible in ["", ":x", "no colon", "a\nb:x", long.as_str()] {
            assert_eq!(claimed(&[implausible]), None, "{implausible:?}");
        }
        assert_eq!(claimed(&[]), None);
        assert_eq!(claimed(&["a:x", "a:x"]), None);
    }

    #[test]
    fn a_path_that_could_leave_its_base_is_refused() {
        for path in [
            "/api/openbanking/event-notifications/../x",
            "/api/openbanking/event-notifications/%2e%2e/x",
            "/api/openbanking/event-notifications/.%2E",
            "/api/openbanking/event-notifications/./events",
            "/api/openbanking/event-notifications/events%2f..%2fx",
            "/api/openbanking/event-notifications/events%5c..",
            "/api/openbanking/event-notifications/events\\..",
            "/api/openbanking/event-notifications//",
            "/api/openbanking/event-notifications//events",
            "/api/openbanking/event-notifications/events//",
            "/api/openbanking/event-notifications/%252e%252e",
            "/api/openbanking/event-notifications/a%00",
            "/api/openbanking/%65vent-notifications/events",
            "/api/openbanking/event-notifications",
            "/internal/v1/clients",
        ] {
            assert!(SafePath::of(path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_plain_path_goes_on_as_it_came() {
        for path in [
            "/api/openbanking/event-notifications/",
            "/api/openbanking/event-notifications/events",
            "/api/openbanking/event-notifications/events/",
            "/api/fs/event-notifications/subscription/type/urn%3auk%3Aorg",
        ] {
            let safe = SafePath::of(path).unwrap();
            assert_eq!(
                safe.below("https://e:1", Some("a=%2F")),
                format!("https://e:1{path}?a=%2F")
            );
        }
    }
}
