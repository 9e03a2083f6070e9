//! Requests that may come again: the same key and the same request make their events once.

use crate::service::State;
use jiff::{SignedDuration, Timestamp};

/// A key that a caller gives a request, to repeat it without making its events twice: 1 to 40 visible
/// ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(String);

/// Not a key: empty, too long, repeated, or with other characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the header x-idempotency-key must be one value of 1 to 40 visible ASCII characters")]
pub(crate) struct InvalidIdempotencyKey;

/// A request with its key, as it is kept: neither of them can be read from what is kept.
#[derive(Clone, Debug)]
pub(crate) struct IdempotentRequest {
    /// Who sent it: keys of different callers have nothing to do with one another.
    pub(crate) caller: String,
    /// SHA-256 of the key.
    pub(crate) key_hash: [u8; 32],
    /// SHA-256 of everything that makes it this request.
    pub(crate) request_hash: [u8; 32],
    /// When it came.
    pub(crate) at: Timestamp,
    /// Keys taken at this time or before do not count any more.
    pub(crate) forgotten_before: Timestamp,
}

impl IdempotencyKey {
    /// Reads a header's value.
    pub(crate) fn parse(value: &[u8]) -> Result<Self, InvalidIdempotencyKey> {
        let is_key = (1..=MAX_KEY).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic);
        let text = std::str::from_utf8(value).map_err(|_| InvalidIdempotencyKey)?;
        if is_key { Ok(Self(text.to_owned())) } else { Err(InvalidIdempotencyKey) }
    }
}

impl State {
    /// The request of `caller` that `parts` describe, under `key`.
    pub(crate) fn idempotent(
        &self,
        caller: &str,
        key: &IdempotencyKey,
        parts: &[&str],
    ) -> IdempotentRequest {
        let now = self.clock.now();
        let hours = self.config.retention.idempotency_key_hours;
        let lifetime = SignedDuration::from_hours(hours.into());
        IdempotentRequest {
            caller: caller.to_owned(),
            key_hash: jose::sha256(key.0.as_bytes()),
            request_hash: jose::sha256(&joined(parts)),
            at: now,
            forgotten_before: now.saturating_sub(lifetime).unwrap_or(Timestamp::MIN),
        }
    }
}

/// With the length before each part, so that no two requests read alike.
fn joined(parts: &[&str]) -> Vec<u8> {
    let length = |part: &&str| (part.len() as u64).to_be_bytes();
    parts.iter().flat_map(|part| length(part).into_iter().chain(part.bytes())).collect()
}

/// Characters of a key, as Open Banking has it.
const MAX_KEY: usize = 40;

#[cfg(test)]
mod tests {
    use super::{IdempotencyKey, joined};

    #[test]
    fn a_key_has_1_to_40_visible_ascii_characters() {
        for good in ["k", "~!\"#{}|,;", &"k".repeat(40)] {
            assert!(IdempotencyKey::parse(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in ["", " ", "a b", " a", "a ", "é", "a\tb", "a\u{7f}", &"k".repeat(41)] {
            assert!(IdempotencyKey::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(IdempotencyKey::parse(b"\xff").is_err());
    }

    #[test]
    fn what_stands_in_one_part_cannot_stand_in_the_next() {
        assert_ne!(joined(&["ab", "c"]), joined(&["a", "bc"]));
        assert_ne!(joined(&["", "a"]), joined(&["a", ""]));
    }
}
