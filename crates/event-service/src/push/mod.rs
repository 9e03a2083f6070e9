//! Notification in real time: events are pushed to the callback URLs of subscriptions.
//!
//! A delivery is a row that is written with its event. The scheduler of each process claims due rows for
//! a while, endpoint by endpoint, sends them outside any transaction and records what became of them.
//! An event that was not accepted stays open for polling, whatever happens to its deliveries.

mod backoff;
mod breaker;
mod config;
mod delivery;
mod recorder;
mod scheduler;
mod verdict;

#[cfg(test)]
mod tests;

pub(crate) use breaker::{Allowance, Breaker, BreakerRules, EndpointHealth, Sign};
pub use config::{PushConfig, PushFormat};
pub(crate) use scheduler::PushScheduler;

use crate::subscriptions::SubscriptionNo;
use backoff::Backoff;
use jiff::SignedDuration;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// By which rules deliveries are claimed and tried again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PushRules {
    pub(crate) backoff: Backoff,
    pub(crate) breaker: BreakerRules,
    pub(crate) endpoint_concurrency: usize,
    /// For how long a claimed delivery is its process's.
    pub(crate) lease: SignedDuration,
}

/// Tells the scheduler of this process which endpoints have new deliveries.
#[derive(Debug, Default)]
pub(crate) struct PushNudges {
    endpoints: Mutex<HashSet<SubscriptionNo>>,
    notify: Notify,
}

impl PushRules {
    /// The rules of a configuration.
    pub(crate) fn new(config: &PushConfig) -> Self {
        Self {
            backoff: config.backoff(),
            breaker: config.breaker(),
            endpoint_concurrency: config.endpoint_concurrency,
            lease: config.lease(),
        }
    }
}

impl PushNudges {
    /// New deliveries have been committed for these subscriptions.
    pub(crate) fn nudge(&self, subscriptions: impl IntoIterator<Item = SubscriptionNo>) {
        let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        endpoints.extend(subscriptions);
        self.notify.notify_one();
    }

    /// Waits for a nudge.
    async fn nudged(&self) -> HashSet<SubscriptionNo> {
        self.notify.notified().await;
        std::mem::take(&mut *self.endpoints.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
