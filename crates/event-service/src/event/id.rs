//! Ids of events: `UUIDv7`, so that their order is the order of creation.

use jiff::Timestamp;
use service_kit::SharedRandom;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// The id of an event: its SET's `jti` and the bank's `notificationsID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct EventId(Uuid);

/// Makes ids that grow within this process, also within one millisecond and when the clock steps
/// back (RFC 9562 §6.2, method 1).
#[derive(Debug)]
pub(crate) struct EventIds {
    random: SharedRandom,
    last: Mutex<Tick>,
}

/// A millisecond and how many ids it has had.
#[derive(Clone, Copy, Debug, Default)]
struct Tick {
    millis: u64,
    counter: u16,
}

impl EventIds {
    /// A source of ids.
    pub(crate) fn new(random: SharedRandom) -> Self {
        Self { random, last: Mutex::new(Tick::default()) }
    }

    /// The next id.
    pub(crate) fn next(&self, now: Timestamp) -> EventId {
        let tick = self.tick(u64::try_from(now.as_millisecond()).unwrap_or_default());
        let mut tail = [0; 10];
        self.random.fill(&mut tail);
        tail[..2].copy_from_slice(&tick.counter.to_be_bytes());
        EventId(uuid::Builder::from_unix_timestamp_millis(tick.millis, &tail).into_uuid())
    }

    fn tick(&self, millis: u64) -> Tick {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = if millis > last.millis {
            Tick { millis, counter: 0 }
        } else if last.counter < COUNTER_MAX {
            Tick { counter: last.counter + 1, ..*last }
        } else {
            Tick { millis: last.millis + 1, counter: 0 }
        };
        *last
    }
}

impl EventId {
    /// Reads an id as a receiver sends it back: equal byte for byte to what was delivered, so that
    /// upper case or a missing dash is an unknown id.
    pub(crate) fn from_delivered(text: &str) -> Option<Self> {
        let id = Uuid::try_parse(text).ok().map(Self)?;
        (id.to_string() == text).then_some(id)
    }

    /// No id made at `at` or later is smaller, and none made in an earlier millisecond is greater.
    pub(crate) fn first_at(at: Timestamp) -> Self {
        let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
    }

    /// When it was made.
    pub(crate) fn made_at(self) -> Timestamp {
        let (seconds, nanos) = self.0.get_timestamp().map_or((0, 0), |at| at.to_unix());
        let (seconds, nanos) = (i64::try_from(seconds), i32::try_from(nanos));
        Timestamp::new(seconds.unwrap_or(i64::MAX), nanos.unwrap_or(0)).unwrap_or(Timestamp::MAX)
    }

    /// The UUID.
    pub(crate) fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for EventId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// The counter fills the 12 bits after the version.
const COUNTER_MAX: u16 = 0x0fff;

#[cfg(test)]
mod tests {
    use super::{EventId, EventIds};
    use jiff::Timestamp;
    use std::sync::Arc;

    #[test]
    fn ids_grow_within_a_millisecond_and_when_the_clock_steps_back() {
        let ids = EventIds::new(Arc::new(test_kit::SeededRandom::new(1)));
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let earlier: Timestamp = "2025-12-31T23:00:00Z".parse().unwrap();
        let made: Vec<EventId> =
            (0..10_000).map(|n| ids.next(if n % 2 == 0 { now } else { earlier })).collect();
        assert!(made.is_sorted_by(|a, b| a < b && a.to_string() < b.to_string()));
    }

    #[test]
    fn an_id_is_a_uuid_of_version_7_with_the_creation_time() {
        let ids = EventIds::new(Arc::new(test_kit::SeededRandom::new(1)));
        let now: Timestamp = "2026-01-01T00:00:00.123Z".parse().unwrap();
        let id = ids.next(now);
        assert_eq!(id.0.get_version_num(), 7);
        assert_eq!(id.0.get_timestamp().unwrap().to_unix(), (1_767_225_600, 123_000_000));
    }

    #[test]
    fn only_the_delivered_spelling_names_an_event() {
        let text = "019b7661-8000-7000-8000-00000000abcd";
        assert_eq!(EventId::from_delivered(text).unwrap().to_string(), text);
        for other in [
            "019B7661-8000-7000-8000-00000000ABCD",
            "019b76618000700080000000 0000abcd",
            "019b7661800070008000-00000000abcd",
            "019b7661800070008000000000 00abcd",
            "{019b7661-8000-7000-8000-00000000abcd}",
            "urn:uuid:019b7661-8000-7000-8000-00000000abcd",
            " 019b7661-8000-7000-8000-00000000abcd",
            "not-an-id",
            "",
        ] {
            assert_eq!(EventId::from_delivered(other), None, "{other}");
        }
    }
}
