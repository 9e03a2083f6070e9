//! A clock that moves only when told to.

use jiff::{SignedDuration, Timestamp};
use service_kit::Clock;
use std::sync::Mutex;

/// Starts at 2026-01-01T00:00:00Z.
#[derive(Debug)]
pub struct TestClock {
    now: Mutex<Timestamp>,
}

impl TestClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self { now: Mutex::new(now) }
    }

    /// Moves the clock, backwards for negative durations.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.now.lock().expect("no test panics while it moves the clock");
        *now = now.checked_add(by).expect("a test stays within representable time");
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::at("2026-01-01T00:00:00Z".parse().expect("a valid timestamp"))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().expect("no test panics while it moves the clock")
    }
}
