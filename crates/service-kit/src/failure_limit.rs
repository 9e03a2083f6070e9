//! Callers that fail again and again are made to wait.
//!
//! Failures are counted for each pair of a source and a name that the caller claims, so that nobody
//! can lock out somebody else from another address; successes do not count. A caller has `per_minute`
//! failures at once and regains them evenly over a minute (GCRA, as `governor` has it; that crate
//! counts where it asks, while here only what turned out to be a failure may count). Memory is
//! bounded: what has not failed for a while, or fails least often where there are too many, is
//! forgotten.

use crate::SharedClock;
use jiff::Timestamp;
use moka::sync::Cache;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How many failures are let pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FailureLimitConfig {
    /// Failures a minute of one source (an address, with the certificate that it shows) with one claimed client id, beyond which it is answered 429; 0: no limit.
    pub per_minute: u32,
    /// How many pairs of source and client id are remembered.
    pub remembered: u64,
}

impl Default for FailureLimitConfig {
    fn default() -> Self {
        Self { per_minute: 500, remembered: 100_000 }
    }
}

/// Who fails: a source and what it says it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Suspect {
    source: IpAddr,
    claims: Option<Box<str>>,
}

/// Counts failures.
#[derive(Clone, Debug)]
pub struct FailureLimit {
    /// Per suspect, until when its failures so far are paid off, Unix microseconds.
    debts: Cache<Suspect, Arc<AtomicI64>>,
    /// What one failure costs; `None` without a limit.
    cost: Option<i64>,
    clock: SharedClock,
}

/// A suspect has failed too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many failures; one more is allowed in {retry_after:?}")]
pub struct TooManyFailures {
    retry_after: Duration,
}

impl Suspect {
    /// `claims` is kept as it is: callers give only what could be a name. An IPv6 source is its /64
    /// network, because whoever has one address has them all.
    #[must_use]
    pub fn new(source: IpAddr, claims: Option<&str>) -> Self {
        Self { source: network(source), claims: claims.map(Into::into) }
    }
}

impl FailureLimit {
    /// A limit that has seen no failure.
    #[must_use]
    pub fn new(config: &FailureLimitConfig, clock: SharedClock) -> Self {
        let debts =
            Cache::builder().max_capacity(config.remembered).time_to_idle(FORGOTTEN_AFTER).build();
        let cost = (config.per_minute > 0).then(|| MINUTE / i64::from(config.per_minute));
        Self { debts, cost, clock }
    }

    /// Whether `suspect` may try.
    pub fn check(&self, suspect: &Suspect) -> Result<(), TooManyFailures> {
        let (Some(cost), Some(debt)) = (self.cost, self.debts.get(suspect)) else { return Ok(()) };
        let owed = owed(debt.load(Ordering::Acquire), self.now());
        let room = MINUTE - cost;
        if owed <= room {
            return Ok(());
        }
        let wait = u64::try_from(owed - room).unwrap_or_default();
        Err(TooManyFailures { retry_after: Duration::from_micros(wait) })
    }

    /// `suspect` tried and failed.
    pub fn count(&self, suspect: &Suspect) {
        let Some(cost) = self.cost else { return };
        let now = self.now();
        let debt = self.debts.get_with_by_ref(suspect, || Arc::new(AtomicI64::new(now)));
        // Failures that were under way together may exceed the limit; they do not add up.
        let more = |debt: i64| Some(now.saturating_add((owed(debt, now) + cost).min(MINUTE)));
        // The closure always returns a value.
        let _ = debt.fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
    }

    fn now(&self) -> i64 {
        Timestamp::as_microsecond(self.clock.now())
    }
}

impl TooManyFailures {
    /// `Retry-After` (RFC 9110 §10.2.3): whole seconds, at least one.
    #[must_use]
    pub fn retry_after_seconds(self) -> u64 {
        self.retry_after.as_micros().div_ceil(1_000_000).try_into().unwrap_or(u64::MAX).max(1)
    }
}

/// What is left of a debt. More than anybody can owe means that the clock was set back, which must
/// not lock anybody out.
fn owed(debt: i64, now: i64) -> i64 {
    let owed = debt.saturating_sub(now).max(0);
    if owed > MINUTE { 0 } else { owed }
}

fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & NETWORK)),
    }
}

/// Microseconds.
const MINUTE: i64 = 60_000_000;
/// Longer than it takes to pay everything off.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(2);
/// The first 64 bits of an address.
const NETWORK: u128 = !(u64::MAX as u128);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Clock;
    use jiff::SignedDuration;
    use std::sync::Mutex;

    #[derive(Debug)]
    struct Hand(Mutex<Timestamp>);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }
    }

    impl Hand {
        fn advance(&self, milliseconds: i64) {
            *self.0.lock().unwrap() += SignedDuration::from_millis(milliseconds);
        }
    }

    fn limit(per_minute: u32) -> (FailureLimit, Arc<Hand>) {
        let hand = Arc::new(Hand(Mutex::new("2026-01-01T00:00:00Z".parse().unwrap())));
        let config = FailureLimitConfig { per_minute, ..FailureLimitConfig::default() };
        (FailureLimit::new(&config, hand.clone()), hand)
    }

    fn suspect(source: &str, claims: Option<&str>) -> Suspect {
        Suspect::new(source.parse().unwrap(), claims)
    }

    fn fail(limit: &FailureLimit, suspect: &Suspect, times: usize) -> usize {
        (0..times).filter(|_| limit.check(suspect).map(|()| limit.count(suspect)).is_ok()).count()
    }

    #[test]
    fn the_hundred_and_first_failure_of_a_minute_is_one_too_many() {
        let (limit, hand) = limit(100);
        let one = suspect("192.0.2.1", Some("a"));
        assert_eq!(fail(&limit, &one, 1000), 100);
        assert_eq!(limit.check(&one).unwrap_err().retry_after_seconds(), 1);
        hand.advance(600);
        assert_eq!(fail(&limit, &one, 1000), 1);
        hand.advance(60_000);
        assert_eq!(fail(&limit, &one, 1000), 100);
    }

    #[test]
    fn another_source_and_another_name_are_not_held_responsible() {
        let (limit, _) = limit(10);
        fail(&limit, &suspect("192.0.2.1", Some("a")), 1000);
        for other in [("192.0.2.2", Some("a")), ("192.0.2.1", Some("b")), ("192.0.2.1", None)] {
            assert!(limit.check(&suspect(other.0, other.1)).is_ok(), "{other:?}");
        }
    }

    #[test]
    fn an_ipv6_network_is_one_source_and_a_mapped_address_is_its_ipv4_one() {
        let (limit, _) = limit(10);
        fail(&limit, &suspect("2001:db8::1", None), 10);
        assert!(limit.check(&suspect("2001:db8::ffff:0:0:2", None)).is_err());
        assert!(limit.check(&suspect("2001:db8:0:1::1", None)).is_ok());
        fail(&limit, &suspect("::ffff:192.0.2.1", None), 10);
        assert!(limit.check(&suspect("192.0.2.1", None)).is_err());
        assert!(limit.check(&suspect("192.0.2.2", None)).is_ok());
    }

    #[test]
    fn zero_means_no_limit() {
        let (limit, _) = limit(0);
        assert_eq!(fail(&limit, &suspect("192.0.2.1", None), 1000), 1000);
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let (limit, hand) = limit(10);
        let one = suspect("192.0.2.1", None);
        fail(&limit, &one, 10);
        hand.advance(-3_600_000);
        assert_eq!(fail(&limit, &one, 1000), 10);
    }

    #[test]
    fn memory_is_bounded() {
        let clock = limit(1).1;
        let config = FailureLimitConfig { per_minute: 10, remembered: 100 };
        let limit = FailureLimit::new(&config, clock);
        for n in 0..10_000 {
            limit.count(&suspect("192.0.2.1", Some(&n.to_string())));
        }
        limit.debts.run_pending_tasks();
        assert!(limit.debts.entry_count() <= 100);
    }
}
