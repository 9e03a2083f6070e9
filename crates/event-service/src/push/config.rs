//! Section `[event_service.push]`.

use super::backoff::Backoff;
use super::breaker::BreakerRules;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Section `[event_service.push]`: notification in real time, by `POST` to the callback URLs of
/// subscriptions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PushConfig {
    /// Whether events are pushed at all; otherwise every event waits to be polled.
    pub enabled: bool,
    /// How a SET is sent: `profile` (as its own profile asks), `obie` (`application/jwt`), `ssf` (`application/secevent+jwt`) or `wso2` (JSON with `notificationId` and `SET`).
    pub format: PushFormat,
    /// Deliveries under way at a time, of all endpoints, in each process.
    pub concurrency: usize,
    /// Deliveries under way at a time to one endpoint, of all processes.
    pub endpoint_concurrency: usize,
    /// Seconds until an endpoint must have answered, at most 60.
    pub timeout_seconds: u32,
    /// Bytes of an answer that are read.
    pub answer_limit_bytes: usize,
    /// Seconds from the first failed attempt to the second attempt.
    pub initial_retry_seconds: u32,
    /// By how much each pause is longer than the one before.
    pub retry_factor: u32,
    /// The longest pause between two attempts, in seconds; up to 20 % are added to every pause at random.
    pub max_retry_interval_seconds: u32,
    /// After how many failed retries a delivery is given up; its event stays open for polling.
    pub max_retries: u32,
    /// Seconds after its creation in which a delivery is tried.
    pub max_retry_seconds: u32,
    /// After how many failures in a row an endpoint gets probes only.
    pub breaker_failures: u32,
    /// Seconds between two probes, one delivery each, of an endpoint that fails.
    pub breaker_probe_seconds: u32,
    /// Seconds between two probes of an endpoint that answered 404, 410 or a redirect.
    pub breaker_gone_probe_seconds: u32,
    /// Seconds after which deliveries that another process left behind are looked for.
    pub recheck_seconds: u32,
    /// Days for which attempts are kept.
    pub attempts_retention_days: u32,
}

/// How a SET is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PushFormat {
    /// As the SET's own profile asks.
    #[default]
    Profile,
    /// The SET as `application/jwt`.
    Obie,
    /// The SET as `application/secevent+jwt` (RFC 8935).
    Ssf,
    /// JSON with `notificationId` and `SET`.
    Wso2,
}

impl PushConfig {
    /// The key of a number that is out of bounds, and what it must be.
    pub(crate) fn out_of_bounds(&self) -> Option<(&'static str, &'static str)> {
        let positive = [
            ("push.concurrency", self.concurrency),
            ("push.endpoint_concurrency", self.endpoint_concurrency),
            ("push.timeout_seconds", self.timeout_seconds as usize),
            ("push.initial_retry_seconds", self.initial_retry_seconds as usize),
            ("push.retry_factor", self.retry_factor as usize),
            ("push.max_retry_interval_seconds", self.max_retry_interval_seconds as usize),
            ("push.max_retry_seconds", self.max_retry_seconds as usize),
            ("push.breaker_failures", self.breaker_failures as usize),
            ("push.breaker_probe_seconds", self.breaker_probe_seconds as usize),
            ("push.breaker_gone_probe_seconds", self.breaker_gone_probe_seconds as usize),
            ("push.recheck_seconds", self.recheck_seconds as usize),
            ("push.attempts_retention_days", self.attempts_retention_days as usize),
        ];
        let zero = positive.into_iter().find(|(_, value)| *value == 0);
        zero.map(|(key, _)| (key, "at least 1"))
            .or((self.timeout_seconds > MOST_TIMEOUT)
                .then_some(("push.timeout_seconds", "at most 60")))
            .or((self.max_retries > MOST_RETRIES).then_some(("push.max_retries", "at most 1000")))
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.into())
    }

    /// For how long a claimed delivery is this process's: its attempt, and what recording it may take.
    pub(crate) fn lease(&self) -> SignedDuration {
        SignedDuration::from_secs(self.timeout_seconds.into()) + RECORDING
    }

    pub(crate) fn recheck(&self) -> Duration {
        Duration::from_secs(self.recheck_seconds.into())
    }

    pub(crate) fn attempts_retention(&self) -> SignedDuration {
        SignedDuration::from_hours(24 * i64::from(self.attempts_retention_days))
    }

    pub(crate) fn backoff(&self) -> Backoff {
        Backoff {
            initial: seconds(self.initial_retry_seconds),
            factor: self.retry_factor,
            max_interval: seconds(self.max_retry_interval_seconds),
            max_retries: self.max_retries,
            max_total: seconds(self.max_retry_seconds),
        }
    }

    pub(crate) fn breaker(&self) -> BreakerRules {
        BreakerRules {
            failures: i32::try_from(self.breaker_failures).unwrap_or(i32::MAX),
            probe_interval: seconds(self.breaker_probe_seconds),
            gone_interval: seconds(self.breaker_gone_probe_seconds),
        }
    }
}

impl Default for PushConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            format: PushFormat::default(),
            concurrency: 128,
            endpoint_concurrency: 4,
            timeout_seconds: 10,
            answer_limit_bytes: 16 * 1024,
            initial_retry_seconds: 5,
            retry_factor: 4,
            max_retry_interval_seconds: 12 * 3600,
            max_retries: 9,
            max_retry_seconds: 24 * 3600,
            breaker_failures: 5,
            breaker_probe_seconds: 60,
            breaker_gone_probe_seconds: 3600,
            recheck_seconds: 5,
            attempts_retention_days: 30,
        }
    }
}

fn seconds(seconds: u32) -> SignedDuration {
    SignedDuration::from_secs(seconds.into())
}

const MOST_TIMEOUT: u32 = 60;
/// `push_job.attempts` is a small number.
const MOST_RETRIES: u32 = 1000;
/// A database that is away for a moment must not cost a second delivery.
const RECORDING: SignedDuration = SignedDuration::from_secs(30);
