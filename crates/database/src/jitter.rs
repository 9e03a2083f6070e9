//! Pauses that differ from process to process.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// A duration from nothing to `longest`, drawn anew each time. Nothing secret: the
/// seeds of std's hashers are random enough to spread retries.
pub(crate) fn up_to(longest: Duration) -> Duration {
    let draw = RandomState::new().build_hasher().finish() % 1024;
    longest.mul_f64(f64::from(u16::try_from(draw).unwrap_or(0)) / 1024.0)
}
