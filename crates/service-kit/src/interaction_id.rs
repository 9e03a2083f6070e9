//! `x-fapi-interaction-id`: one id for a call across all hops, logs and answers.

use crate::Random;
use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{HeaderMap, HeaderName, HeaderValue},
};

/// The header's name.
pub const INTERACTION_ID_HEADER: &str = "x-fapi-interaction-id";

/// The header's name, parsed.
pub(crate) static HEADER_NAME: HeaderName = HeaderName::from_static(INTERACTION_ID_HEADER);

/// The interaction id of a request: the caller's when it is a UUID with or without dashes, verbatim;
/// else a new one. Every answer of a listener carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InteractionId(String);

impl InteractionId {
    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads what the listener has made sure of; the nil UUID where no listener stands before.
impl FromRequest for InteractionId {
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = acceptable(request.headers()).and_then(|value| value.to_str().ok());
        let id = id.map_or_else(|| uuid::Uuid::nil().to_string(), str::to_owned);
        std::future::ready(Ok(Self(id)))
    }
}

/// Makes sure that `headers` hold one acceptable id, and gives it.
pub(crate) fn ensure(headers: &mut HeaderMap, random: &dyn Random) -> HeaderValue {
    if let Some(value) = acceptable(headers) {
        return value.clone();
    }
    let value = generate(random);
    headers.insert(HEADER_NAME.clone(), value.clone());
    value
}

/// The one value, if it is a UUID in one of the two forms (RFC 9562 §4, and without dashes).
fn acceptable(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut values = headers.get_all(&HEADER_NAME);
    let value = values.next()?;
    (values.next().is_none() && is_uuid(value.as_bytes())).then_some(value)
}

fn is_uuid(bytes: &[u8]) -> bool {
    let dashed = bytes.len() == 36;
    (dashed || bytes.len() == 32)
        && bytes.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 if dashed => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A random UUID (RFC 9562 §5.4).
fn generate(random: &dyn Random) -> HeaderValue {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    let uuid = uuid::Builder::from_random_bytes(bytes).into_uuid();
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    let text = uuid.as_hyphenated().encode_lower(&mut text);
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::is_uuid;

    #[test]
    fn a_uuid_has_its_dashes_in_place_or_none() {
        assert!(is_uuid(b"93bac548-d2de-4546-b106-880a5018460d"));
        assert!(is_uuid(b"93BAC548-D2DE-4546-B106-880A5018460D"));
        assert!(is_uuid(b"93bac548d2de4546b106880a5018460d"));
        for bad in [
            "",
            "1",
            "93bac548-d2de-4546-b106-880a5018460",
            "93bac548-d2de-4546-b106-880a5018460g",
            "{93bac548-d2de-4546-b106-880a5018460}",
            "93bac548d2de-4546-b106-880a5018460d0000",
            "93bac548d2de4546b106880a5018460\u{e9}",
        ] {
            assert!(!is_uuid(bad.as_bytes()), "{bad}");
        }
    }
}
