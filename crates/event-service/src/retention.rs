//! Giving up what waits for too long, and forgetting what need not be kept any more: in small batches,
//! a unit of work each, by whichever replica comes first.

use crate::audit::{self, GaveUp};
use crate::metrics;
use crate::service::State;
use database::DatabaseError;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// Rows of one unit of work: short enough for calls not to notice.
const SWEEP_ROWS: usize = 500;
/// How much longer a key is kept than it counts: replicas' clocks may differ by this much.
const SWEEP_MARGIN: SignedDuration = SignedDuration::from_mins(5);

impl State {
    /// Sweeps for ever.
    pub(crate) async fn keep_retention(&self) {
        let interval = Duration::from_secs(self.config.retention.sweep_interval_seconds.into());
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.sweep().await {
                tracing::warn!(%error, "what need not be kept any more was not swept");
            }
        }
    }

    async fn sweep(&self) -> Result<(), DatabaseError> {
        if let Some(before) = self.days_ago(self.config.max_event_age_days) {
            self.expire_events(before).await?;
        }
        if let Some(before) = self.days_ago(self.config.retention.event_days) {
            self.sweep_events(before).await?;
        }
        if let Some(before) = self.days_ago(self.config.retention.outcome_days) {
            self.sweep_outcomes(before).await?;
        }
        self.sweep_idempotency_keys().await
    }

    async fn expire_events(&self, before: Timestamp) -> Result<(), DatabaseError> {
        let now = self.clock.now();
        while let Some(expired) = self.store.expire(before, now, SWEEP_ROWS).await? {
            audit::gave_up(&expired.client_id, GaveUp::Expired, expired.events);
        }
        Ok(())
    }

    async fn sweep_events(&self, before: Timestamp) -> Result<(), DatabaseError> {
        let (mut total, mut after) = (0, None);
        loop {
            let swept = self.store.sweep_events(before, after, SWEEP_ROWS).await?;
            metrics::swept("events", swept.rows);
            total += swept.rows;
            after = swept.next;
            if after.is_none() {
                audit::swept("events", total);
                return Ok(());
            }
        }
    }

    async fn sweep_outcomes(&self, before: Timestamp) -> Result<(), DatabaseError> {
        let (mut total, mut after) = (0, Some(0));
        while let Some(number) = after {
            let swept = self.store.sweep_outcomes(before, number, SWEEP_ROWS).await?;
            metrics::swept("outcomes", swept.rows);
            total += swept.rows;
            after = swept.next;
        }
        audit::swept("outcomes", total);
        Ok(())
    }

    async fn sweep_idempotency_keys(&self) -> Result<(), DatabaseError> {
        let hours = self.config.retention.idempotency_key_hours;
        let before = self.before(SignedDuration::from_hours(hours.into()) + SWEEP_MARGIN);
        loop {
            let rows = self.store.sweep_idempotency_keys(before, SWEEP_ROWS).await?;
            metrics::swept("idempotency_keys", rows);
            if rows < SWEEP_ROWS {
                return Ok(());
            }
        }
    }

    /// So many days ago; never, where it is 0.
    fn days_ago(&self, days: u32) -> Option<Timestamp> {
        (days > 0).then(|| self.before(SignedDuration::from_hours(24 * i64::from(days))))
    }

    fn before(&self, age: SignedDuration) -> Timestamp {
        self.clock.now().saturating_sub(age).unwrap_or(Timestamp::MIN)
    }
}
