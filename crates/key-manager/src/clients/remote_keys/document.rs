//! A fetched JWK set, and how long it may be used.

use super::Rules;
use jiff::{SignedDuration, Timestamp};
use jose::{Header, KeyError, KeySet};
use service_kit::outbound::{GuardedAnswer, HeaderMap};
use std::sync::Arc;

/// What is asked for.
pub(super) const MEDIA_TYPES: &str = "application/jwk-set+json, application/json";
/// The most bytes of a JWK set.
const MAX_BYTES: usize = 64 * 1024;

/// Keys, and until when they are used without asking again.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) keys: Arc<KeySet>,
    fresh_until: Timestamp,
    stale_until: Timestamp,
}

/// Why an answer is not taken for a JWK set.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnusableAnswer {
    /// Not a set, or one with a key that nobody should use.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// Not text.
    #[error("not UTF-8")]
    Encoding,
    /// Too many bytes.
    #[error("more than 64 KiB")]
    Size,
    /// Another status than 200.
    #[error("status {0}")]
    Status(u16),
}

impl Document {
    /// Reads an answer that came at `now`.
    pub(super) fn read(
        answer: &GuardedAnswer,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<Self, UnusableAnswer> {
        if answer.status != 200 {
            return Err(UnusableAnswer::Status(answer.status));
        }
        if answer.body.len() > MAX_BYTES {
            return Err(UnusableAnswer::Size);
        }
        let text = std::str::from_utf8(&answer.body).map_err(|_| UnusableAnswer::Encoding)?;
        let lifetime = lifetime(&answer.headers, now).clamp(rules.floor, rules.ceiling);
        let fresh_until = later(now, lifetime);
        Ok(Self {
            keys: Arc::new(KeySet::parse(text)?),
            fresh_until,
            stale_until: later(fresh_until, rules.grace),
        })
    }

    /// Whether nobody needs to ask again.
    pub(super) fn is_fresh_at(&self, now: Timestamp) -> bool {
        now < self.fresh_until
    }

    /// Whether it may be used where no better one can be had.
    pub(super) fn is_usable_at(&self, now: Timestamp) -> bool {
        now < self.stale_until
    }

    /// Whether it has a key to try for `header`.
    pub(super) fn has_key_for(&self, header: &Header) -> bool {
        self.keys.candidates(header).next().is_some()
    }
}

/// What the answer says of its own lifetime (RFC 9111 §5.2.2, §5.3); nothing is no time at all.
fn lifetime(headers: &HeaderMap, now: Timestamp) -> SignedDuration {
    let directives = headers.get_all("cache-control").into_iter();
    let directives: Vec<String> = directives
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|directive| directive.trim().to_ascii_lowercase())
        .collect();
    if directives.iter().any(|directive| directive == "no-store" || directive == "no-cache") {
        return SignedDuration::ZERO;
    }
    let max_age = directives.iter().find_map(|directive| directive.strip_prefix("max-age="));
    if let Some(seconds) = max_age {
        let seconds = seconds.trim_matches('"').parse::<u32>();
        return SignedDuration::from_secs(seconds.unwrap_or_default().into());
    }
    let expires = headers.get("expires").and_then(|value| value.to_str().ok());
    let expires = expires.and_then(|text| jiff::fmt::rfc2822::parse(text).ok());
    expires.map_or(SignedDuration::ZERO, |expires| expires.timestamp().duration_since(now))
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use service_kit::outbound::{HeaderName, HeaderValue};

    fn rules() -> Rules {
        Rules {
            floor: SignedDuration::from_secs(60),
            ceiling: SignedDuration::from_secs(3600),
            grace: SignedDuration::from_secs(100),
            minimum_interval: SignedDuration::from_secs(30),
            retry_interval: SignedDuration::from_secs(30),
            timeout: std::time::Duration::from_secs(1),
        }
    }

    fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    fn read(status: u16, headers: &[(&str, &str)], body: &str) -> Result<Document, UnusableAnswer> {
        let headers = headers.iter().map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        });
        let answer =
            GuardedAnswer { status, headers: headers.collect(), body: body.to_owned().into() };
        Document::read(&answer, &rules(), now())
    }

    #[test]
    fn what_is_no_key_set_is_refused() {
        for (status, body) in [
            (500, r#"{"keys":[]}"#),
            (204, ""),
            (200, ""),
            (200, "<html></html>"),
            (200, "[]"),
            (200, r#"{"keys":[{"kty":"oct","k":"AQAB"}]}"#),
        ] {
            assert!(read(status, &[], body).is_err(), "{status} {body}");
        }
        let long = format!(r#"{{"keys":[]{}}}"#, " ".repeat(64 * 1024));
        assert!(matches!(read(200, &[], &long), Err(UnusableAnswer::Size)));
    }

    #[test]
    fn an_answer_is_fresh_for_as_long_as_it_says_between_floor_and_ceiling() {
        for (headers, seconds) in [
            (&[][..], 60),
            (&[("cache-control", "max-age=600")], 600),
            (&[("cache-control", "public, Max-Age=\"600\"")], 600),
            (&[("cache-control", "max-age=0")], 60),
            (&[("cache-control", "max-age=4000000000")], 3600),
            (&[("cache-control", "max-age=99999999999999")], 60),
            (&[("cache-control", "max-age=-1")], 60),
            (&[("cache-control", "no-store, max-age=600")], 60),
            (&[("cache-control", "max-age=600"), ("expires", "0")], 600),
            (&[("expires", "Thu, 01 Jan 2026 00:10:00 GMT")], 600),
            (&[("expires", "Thu, 01 Jan 1970 00:00:00 GMT")], 60),
            (&[("expires", "0")], 60),
        ] {
            let document = read(200, headers, r#"{"keys":[]}"#).unwrap();
            let at = |seconds| later(now(), SignedDuration::from_secs(seconds));
            assert!(document.is_fresh_at(at(seconds - 1)), "{headers:?}");
            assert!(!document.is_fresh_at(at(seconds)), "{headers:?}");
            assert!(document.is_usable_at(at(seconds + 99)), "{headers:?}");
            assert!(!document.is_usable_at(at(seconds + 100)), "{headers:?}");
        }
    }
}
