//! Which polls wait, and for how long.

use open_banking_types::events::PollRequest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use service_kit::Random;
use std::time::Duration;

/// Section `[event_service.long_poll]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LongPollConfig {
    /// Seconds that a poll waits for events at most, 1 to 55; each waits up to a tenth less, so that polls that came together do not come back together.
    pub max_wait_seconds: u32,
    /// Polls of one client that wait at the same time in one process; a further one is answered at once.
    pub max_waiting_per_client: usize,
    /// A poll that does not say `returnImmediately`: `wait` as RFC 8936 has it, `immediate` as clients that come from WSO2 expect; `never`: polls that say `false` do not wait either.
    pub when_absent: WhenAbsent,
    /// Seconds between two looks, one query for all waiting polls, for events of which no word has come.
    pub recheck_seconds: u32,
}

/// What a poll without `returnImmediately` means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenAbsent {
    /// It is answered at once.
    Immediate,
    /// Every poll is answered at once, whatever it says.
    Never,
    /// It waits.
    #[default]
    Wait,
}

/// How long a poll may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Not at all.
    None,
    /// For this long.
    Until(Duration),
}

/// A setting that would break what stands between a client and its answer.
#[derive(Debug, thiserror::Error)]
#[error("event_service.long_poll.{0}")]
pub struct InvalidLongPoll(&'static str);

impl LongPollConfig {
    /// Whether the numbers make sense.
    pub(crate) fn check(&self) -> Result<(), InvalidLongPoll> {
        if !(1..=LONGEST_WAIT).contains(&self.max_wait_seconds) {
            return Err(InvalidLongPoll(
                "max_wait_seconds must be 1 to 55: proxies give up after a minute",
            ));
        }
        if self.max_waiting_per_client == 0 {
            return Err(InvalidLongPoll(
                "max_waiting_per_client must be at least 1; when_absent = \"never\" lets no poll wait",
            ));
        }
        if self.recheck_seconds == 0 {
            return Err(InvalidLongPoll("recheck_seconds must be at least 1"));
        }
        Ok(())
    }

    /// How long `poll` may wait, where `when_absent` holds for its client. Who wants no event is not
    /// kept waiting for one.
    pub(crate) fn patience(
        &self,
        poll: &PollRequest,
        when_absent: WhenAbsent,
        random: &dyn Random,
    ) -> Patience {
        let waits = match (when_absent, poll.return_immediately) {
            (WhenAbsent::Never, _) | (WhenAbsent::Immediate, None) => false,
            (WhenAbsent::Wait, None) => true,
            (WhenAbsent::Immediate | WhenAbsent::Wait, Some(immediately)) => !immediately,
        };
        if !waits || poll.max_events == Some(0) {
            return Patience::None;
        }
        let longest = Duration::from_secs(self.max_wait_seconds.into());
        let mut draw = [0];
        random.fill(&mut draw);
        let tenth = longest / 10;
        Patience::Until(tenth * 9 + tenth * u32::from(draw[0]) / u32::from(u8::MAX))
    }
}

impl Default for LongPollConfig {
    fn default() -> Self {
        Self {
            max_wait_seconds: 25,
            max_waiting_per_client: 4,
            when_absent: WhenAbsent::default(),
            recheck_seconds: 3,
        }
    }
}

/// Below the minute after which proxies and load balancers give up.
const LONGEST_WAIT: u32 = 55;

#[cfg(test)]
mod tests {
    use super::{LongPollConfig, Patience, WhenAbsent};
    use open_banking_types::events::PollRequest;
    use service_kit::SystemRandom;
    use std::time::Duration;

    fn waits(when_absent: WhenAbsent, return_immediately: Option<bool>) -> bool {
        let poll = PollRequest { return_immediately, ..PollRequest::default() };
        LongPollConfig::default().patience(&poll, when_absent, &SystemRandom) != Patience::None
    }

    #[test]
    fn an_absent_return_immediately_means_what_is_configured_and_a_present_one_what_it_says() {
        use WhenAbsent::{Immediate, Never, Wait};
        for (when_absent, expected) in [
            (Wait, [true, true, false]),
            (Immediate, [false, true, false]),
            (Never, [false, false, false]),
        ] {
            let actual = [None, Some(false), Some(true)].map(|asked| waits(when_absent, asked));
            assert_eq!(actual, expected, "{when_absent:?}");
        }
    }

    #[test]
    fn who_wants_no_event_does_not_wait_for_one() {
        let poll = PollRequest {
            max_events: Some(0),
            return_immediately: Some(false),
            ..PollRequest::default()
        };
        let config = LongPollConfig::default();
        assert_eq!(config.patience(&poll, WhenAbsent::Wait, &SystemRandom), Patience::None);
    }

    #[test]
    fn waits_differ_and_none_is_longer_than_configured_or_shorter_by_more_than_a_tenth() {
        let config = LongPollConfig { max_wait_seconds: 50, ..LongPollConfig::default() };
        let waits: Vec<_> = (0..1000)
            .map(|_| config.patience(&PollRequest::default(), WhenAbsent::Wait, &SystemRandom))
            .collect();
        let (shortest, longest) = (Duration::from_secs(45), Duration::from_secs(50));
        for wait in &waits {
            let Patience::Until(wait) = wait else { panic!("does not wait") };
            assert!((shortest..=longest).contains(wait), "{wait:?}");
        }
        assert!(waits.iter().any(|wait| *wait != waits[0]));
    }

    #[test]
    fn a_wait_that_outlasts_proxies_is_refused() {
        for (max_wait_seconds, allowed) in [(0, false), (1, true), (55, true), (56, false)] {
            let config = LongPollConfig { max_wait_seconds, ..LongPollConfig::default() };
            assert_eq!(config.check().is_ok(), allowed, "{max_wait_seconds}");
        }
    }
}
