//! When a delivery that has failed is tried again: exponential, with jitter, three times bounded.

use jiff::{SignedDuration, Timestamp};

/// The retry policy of a deployment (OBIE asks for a back-off, a most number of retries and a longest
/// interval, all three published).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    pub(crate) initial: SignedDuration,
    pub(crate) factor: u32,
    pub(crate) max_interval: SignedDuration,
    pub(crate) max_retries: u32,
    /// From the creation of the delivery to its last attempt.
    pub(crate) max_total: SignedDuration,
}

/// What the kind of failure changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetryRule {
    /// As the policy says.
    Usual,
    /// Not sooner than this.
    NotBefore(SignedDuration),
    /// Only so many attempts altogether.
    Attempts(u32),
    /// Another attempt cannot succeed.
    Never,
}

/// A failed attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    /// Attempts made, this one included.
    pub(crate) attempts: u32,
    pub(crate) rule: RetryRule,
    /// What the receiver asked for.
    pub(crate) retry_after: Option<SignedDuration>,
    /// When the delivery was created.
    pub(crate) created_at: Timestamp,
}

impl Backoff {
    /// When to try again, or `None` to give up. `jitter` is a random share, from 0 to 1, of what is
    /// added so that many deliveries do not come back at one moment.
    pub(crate) fn next(&self, failure: Failure, now: Timestamp, jitter: f64) -> Option<Timestamp> {
        let (most, floor) = match failure.rule {
            RetryRule::Usual => (self.max_retries, SignedDuration::ZERO),
            RetryRule::NotBefore(floor) => (self.max_retries, floor),
            RetryRule::Attempts(most) => (self.max_retries.min(most - 1), SignedDuration::ZERO),
            RetryRule::Never => return None,
        };
        if failure.attempts > most {
            return None;
        }
        let delay = asked(self.delay(failure.attempts).max(floor), failure.retry_after);
        let spread = (delay * JITTER_PERCENT / 100).max(LEAST_JITTER).mul_f64(jitter);
        let at = now.checked_add(delay + spread).ok()?;
        let end = failure.created_at.checked_add(self.max_total).ok()?;
        (at <= end).then_some(at)
    }

    /// Whether a delivery created at `created_at` is not to be tried any more.
    pub(crate) fn is_over(&self, created_at: Timestamp, now: Timestamp) -> bool {
        created_at.checked_add(self.max_total).is_ok_and(|end| end < now)
    }

    /// The pause after the `attempts`-th failure.
    fn delay(&self, attempts: u32) -> SignedDuration {
        let mut delay = self.initial;
        for _ in 1..attempts {
            if delay >= self.max_interval {
                break;
            }
            delay = delay.saturating_mul(i32::try_from(self.factor).unwrap_or(i32::MAX));
        }
        delay.min(self.max_interval)
    }
}

/// `Retry-After` counts as far as it is between the pause and twice that, and no more than an hour.
fn asked(delay: SignedDuration, retry_after: Option<SignedDuration>) -> SignedDuration {
    let longest = (delay * 2).min(LONGEST_ASKED).max(delay);
    retry_after.map_or(delay, |asked| asked.clamp(delay, longest))
}

const JITTER_PERCENT: i32 = 20;
const LEAST_JITTER: SignedDuration = SignedDuration::from_secs(1);
const LONGEST_ASKED: SignedDuration = SignedDuration::from_hours(1);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BACKOFF: Backoff = Backoff {
        initial: SignedDuration::from_secs(5),
        factor: 4,
        max_interval: SignedDuration::from_hours(12),
        max_retries: 9,
        max_total: SignedDuration::from_hours(24),
    };

    fn failure(attempts: u32, rule: RetryRule) -> Failure {
        Failure { attempts, rule, retry_after: None, created_at: Timestamp::UNIX_EPOCH }
    }

    /// Seconds from one attempt to the next, without jitter.
    fn pauses(rule: RetryRule) -> Vec<i64> {
        let (mut now, mut pauses) = (Timestamp::UNIX_EPOCH, Vec::new());
        for attempts in 1.. {
            let Some(next) = BACKOFF.next(failure(attempts, rule), now, 0.0) else { break };
            pauses.push(next.duration_since(now).as_secs());
            now = next;
        }
        pauses
    }

    #[test]
    fn pauses_grow_by_the_factor_until_a_day_has_passed() {
        assert_eq!(pauses(RetryRule::Usual), [5, 20, 80, 320, 1280, 5120, 20480, 43200]);
    }

    #[test]
    fn a_floor_a_most_number_and_a_hopeless_failure_change_the_pauses() {
        let minute = RetryRule::NotBefore(SignedDuration::from_mins(1));
        assert_eq!(pauses(minute)[..4], [60, 60, 80, 320]);
        assert_eq!(pauses(RetryRule::Attempts(3)), [5, 20]);
        assert_eq!(pauses(RetryRule::Never), [0; 0]);
    }

    #[test]
    fn a_receiver_may_ask_for_up_to_twice_the_pause_and_never_for_less() {
        for (attempts, asked, expected) in
            [(1, 1, 5), (1, 7, 7), (1, 3600, 10), (6, 9000, 5120), (5, 9000, 2560), (7, 1, 20480)]
        {
            let retry_after = Some(SignedDuration::from_secs(asked));
            let failure = Failure { retry_after, ..failure(attempts, RetryRule::Usual) };
            let next = BACKOFF.next(failure, Timestamp::UNIX_EPOCH, 0.0).unwrap();
            assert_eq!(next.as_second(), expected, "{attempts} {asked}");
        }
    }

    proptest! {
        #[test]
        fn no_attempt_is_sooner_than_its_pause_later_than_a_fifth_more_or_after_the_end(
            attempts in 1_u32..12, jitter in 0.0..1.0, age in 0_i64..90_000,
        ) {
            let now = Timestamp::from_second(age).unwrap();
            let Some(next) = BACKOFF.next(failure(attempts, RetryRule::Usual), now, jitter) else {
                return Ok(());
            };
            let (pause, delay) = (next.duration_since(now), BACKOFF.delay(attempts));
            prop_assert!(pause >= delay && pause <= delay + (delay / 5).max(LEAST_JITTER));
            prop_assert!(next.as_second() <= 86_400 && attempts <= 9);
        }
    }
}
