//! Whether the receiver at an endpoint is worth an attempt: one that fails again and again is tried by a
//! single delivery at a time, in intervals, however many wait.

use jiff::{SignedDuration, Timestamp};

/// The state of an endpoint's circuit breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Breaker {
    /// Deliveries are made.
    #[default]
    Closed,
    /// None is made until it is time for a probe.
    Open,
    /// One delivery is under way as a probe.
    HalfOpen,
}

/// How an endpoint has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EndpointHealth {
    pub(crate) breaker: Breaker,
    /// Failures since it last answered.
    pub(crate) consecutive_failures: i32,
    pub(crate) opened_at: Option<Timestamp>,
    /// From when one delivery may be tried while the breaker is not closed.
    pub(crate) probe_at: Option<Timestamp>,
    /// Why it is considered not to be a receiver at all.
    pub(crate) disabled_reason: Option<String>,
}

/// What an attempt says of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It answers, whatever it says about the event.
    Alive,
    /// It does not do its work.
    Failing,
    /// There is no receiver at this address, for the reason given.
    Gone(&'static str),
}

/// When a breaker opens, and how often an open one lets a probe through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BreakerRules {
    pub(crate) failures: i32,
    pub(crate) probe_interval: SignedDuration,
    /// The interval for addresses without a receiver.
    pub(crate) gone_interval: SignedDuration,
}

/// How many deliveries may be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowance {
    /// Up to so many at a time.
    Deliveries(usize),
    /// One, as a probe.
    Probe,
    /// None before this moment.
    NothingUntil(Timestamp),
}

impl EndpointHealth {
    /// What may be claimed at `now` of an endpoint that takes `most` deliveries at a time. One that has
    /// just failed gets one at a time, so that a burst does not meet a receiver that goes down.
    pub(crate) fn allowance(&self, rules: BreakerRules, most: usize, now: Timestamp) -> Allowance {
        match (self.breaker, self.probe_at) {
            (Breaker::Closed, _) if self.consecutive_failures > 0 => Allowance::Deliveries(1),
            (Breaker::Closed, _) => Allowance::Deliveries(most),
            // One from far in the future was set before the clock was set back.
            (Breaker::Open | Breaker::HalfOpen, Some(at))
                if at > now && at.duration_since(now) <= rules.longest_interval() =>
            {
                Allowance::NothingUntil(at)
            }
            (Breaker::Open | Breaker::HalfOpen, _) => Allowance::Probe,
        }
    }

    /// A probe has been claimed; if nothing is heard of it, another may be from `until`.
    pub(crate) fn probing(self, until: Timestamp) -> Self {
        Self { breaker: Breaker::HalfOpen, probe_at: Some(until), ..self }
    }

    /// The state after an attempt.
    pub(crate) fn after(self, sign: Sign, rules: BreakerRules, now: Timestamp) -> Self {
        let consecutive_failures = self.consecutive_failures.saturating_add(1);
        match sign {
            Sign::Alive => Self::default(),
            Sign::Failing if self.stays_closed(consecutive_failures, rules) => {
                Self { consecutive_failures, ..self }
            }
            Sign::Failing => {
                let interval = match self.disabled_reason {
                    Some(_) => rules.gone_interval,
                    None => rules.probe_interval,
                };
                Self { consecutive_failures, ..self }.open(now, interval)
            }
            Sign::Gone(reason) => {
                let disabled_reason = Some(reason.to_owned());
                Self { consecutive_failures, disabled_reason, ..self }
                    .open(now, rules.gone_interval)
            }
        }
    }

    fn stays_closed(&self, failures: i32, rules: BreakerRules) -> bool {
        self.breaker == Breaker::Closed && failures < rules.failures
    }

    fn open(self, now: Timestamp, interval: SignedDuration) -> Self {
        Self {
            breaker: Breaker::Open,
            opened_at: self.opened_at.or(Some(now)),
            probe_at: now.checked_add(interval).ok(),
            ..self
        }
    }
}

impl Breaker {
    /// `push_endpoint.breaker`.
    pub(crate) fn code(self) -> i16 {
        match self {
            Self::Closed => 1,
            Self::Open => 2,
            Self::HalfOpen => 3,
        }
    }

    /// The state of that number; a closed one where it is none of ours.
    pub(crate) fn of_code(code: i16) -> Self {
        [Self::Open, Self::HalfOpen]
            .into_iter()
            .find(|state| state.code() == code)
            .unwrap_or(Self::Closed)
    }

    /// Its name in logs and answers.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

impl BreakerRules {
    fn longest_interval(self) -> SignedDuration {
        self.probe_interval.max(self.gone_interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: BreakerRules = BreakerRules {
        failures: 3,
        probe_interval: SignedDuration::from_mins(1),
        gone_interval: SignedDuration::from_hours(1),
    };

    fn second(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn failed(times: i64) -> EndpointHealth {
        (0..times).fold(EndpointHealth::default(), |health, at| {
            health.after(Sign::Failing, RULES, second(at))
        })
    }

    fn allowance(health: &EndpointHealth, at: i64) -> Allowance {
        health.allowance(RULES, 4, second(at))
    }

    #[test]
    fn an_endpoint_that_fails_gets_one_delivery_at_a_time_and_then_one_an_interval() {
        assert_eq!(allowance(&failed(0), 10), Allowance::Deliveries(4));
        assert_eq!(allowance(&failed(2), 10), Allowance::Deliveries(1));
        assert_eq!(allowance(&failed(3), 10), Allowance::NothingUntil(second(62)));
        assert_eq!(allowance(&failed(3), 62), Allowance::Probe);
    }

    #[test]
    fn while_a_probe_is_under_way_there_is_no_other() {
        let probing = failed(3).probing(second(102));
        assert_eq!(allowance(&probing, 63), Allowance::NothingUntil(second(102)));
        assert_eq!(allowance(&probing, 102), Allowance::Probe);
        let again = probing.after(Sign::Failing, RULES, second(70));
        assert_eq!(allowance(&again, 71), Allowance::NothingUntil(second(130)));
        assert_eq!(again.opened_at, Some(second(2)));
    }

    #[test]
    fn any_answer_about_the_event_closes_the_breaker() {
        let probing = failed(9).probing(second(102));
        assert_eq!(probing.after(Sign::Alive, RULES, second(70)), EndpointHealth::default());
    }

    #[test]
    fn an_address_without_a_receiver_is_looked_at_once_an_hour() {
        let gone = failed(0).after(Sign::Gone("gone"), RULES, second(0));
        assert_eq!(allowance(&gone, 3599), Allowance::NothingUntil(second(3600)));
        assert_eq!(gone.disabled_reason.as_deref(), Some("gone"));
        let still = gone.after(Sign::Failing, RULES, second(3600));
        assert_eq!(allowance(&still, 7199), Allowance::NothingUntil(second(7200)));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_keep_a_breaker_open() {
        assert_eq!(allowance(&failed(3), -10_000), Allowance::Probe);
    }
}
