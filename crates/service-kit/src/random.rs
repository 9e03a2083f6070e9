//! Randomness, given to services as a parameter.

use jiff::Timestamp;
use std::cell::RefCell;
use std::sync::Arc;
use uuid::Uuid;

/// A source of random bytes fit for secrets.
pub trait Random: Send + Sync + std::fmt::Debug {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);

    /// A random UUID (version 4).
    fn uuid_v4(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// A time-ordered UUID (version 7) of `at`, milliseconds.
    fn uuid_v7(&self, at: Timestamp) -> Uuid {
        let mut bytes = [0; 10];
        self.fill(&mut bytes);
        let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}

/// A source that several owners share.
pub type SharedRandom = Arc<dyn Random>;

/// The operating system's source.
///
/// What is short, an id or a nonce, comes from bytes that each thread has asked for ahead: the system
/// call costs several times as much as everything else about an id. Keys and secrets are longer and
/// always fresh.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() <= SHORT {
            AHEAD.with_borrow_mut(|ahead| ahead.give(bytes));
        } else {
            fill_from_system(bytes);
        }
    }
}

/// Random bytes of one thread; those before `left` have not been given out.
struct Ahead {
    bytes: [u8; 32 * SHORT],
    left: usize,
}

impl Ahead {
    fn give(&mut self, bytes: &mut [u8]) {
        if self.left < bytes.len() {
            fill_from_system(&mut self.bytes);
            self.left = self.bytes.len();
        }
        let (rest, given) = self.bytes[..self.left].split_at_mut(self.left - bytes.len());
        bytes.copy_from_slice(given);
        // Nobody who reads this memory later learns what was given out.
        given.fill(0);
        self.left = rest.len();
    }
}

thread_local! {
    static AHEAD: RefCell<Ahead> = const { RefCell::new(Ahead { bytes: [0; 32 * SHORT], left: 0 }) };
}

#[expect(clippy::expect_used, reason = "no service can run without randomness")]
#[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
fn fill_from_system(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system provides random bytes");
}

/// `length` random Base62 characters, all equally likely.
#[must_use]
pub fn base62(random: &dyn Random, length: usize) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        // 248 is the last multiple of 62 below 256: what lies above would favour the first letters.
        let fair = bytes.iter().filter(|byte| **byte < 248);
        text.extend(
            fair.map(|byte| char::from(BASE62[usize::from(byte % 62)])).take(length - text.len()),
        );
    }
    text
}

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Bytes of an id.
const SHORT: usize = 16;

#[cfg(test)]
mod tests {
    use super::{Random as _, SHORT, SystemRandom};
    use std::collections::HashSet;

    #[test]
    fn no_byte_is_given_out_twice() {
        let draw = || {
            let mut ids = Vec::new();
            for length in (1..=2 * SHORT).cycle().take(4000) {
                let mut bytes = vec![0; length];
                SystemRandom.fill(&mut bytes);
                // Eight bytes that come again would be a repetition and no chance.
                ids.extend(bytes.chunks_exact(8).map(<[u8]>::to_vec));
            }
            ids
        };
        let other = std::thread::spawn(draw);
        let ids = [draw(), other.join().unwrap()].concat();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    }
}
