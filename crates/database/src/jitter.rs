//! Pauses that differ from process to process.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// A duration from nothing to `longest`, drawn anew each time. Nothing secret: the
/// seeds of std's hashers are random enough to spread retries.
pub(crate) fn up_to(longest: Duration) -> Duration {
    let draw = RandomState::new().build_hasher().finish() % 1024;
    longest.mul_f64(f64::from(u16::try_from(draw).unwrap_or(0)) / 1024.0)
}

/// How long to wait after the `failures`-th failure in a row: twice as long as after the one before,
/// up to a second, drawn from its upper half, so that the replicas of a service do not return to a
/// restarted server in step.
pub(crate) fn pause_after(failures: u32) -> Duration {
    let longest = FIRST_PAUSE * 2_u32.pow(failures.clamp(1, 6) - 1);
    let longest = longest.min(LONGEST_PAUSE);
    longest / 2 + up_to(longest / 2)
}

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
