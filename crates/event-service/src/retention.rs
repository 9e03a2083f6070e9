//! Forgetting what need not be kept any more: in small batches, a unit of work each, by whichever
//! replica comes first.

use crate::metrics;
use crate::service::State;
use database::DatabaseError;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// Rows of one unit of work: short enough for calls not to notice.
const SWEEP_ROWS: i64 = 500;
/// How much longer a row is kept than it counts: replicas' clocks may differ by this much.
const SWEEP_MARGIN: SignedDuration = SignedDuration::from_mins(5);

impl State {
    /// Sweeps for ever.
    pub(crate) async fn keep_retention(&self) {
        let interval = Duration::from_secs(self.config.retention.sweep_interval_seconds.into());
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.sweep_idempotency_keys().await {
                tracing::warn!(%error, "idempotency keys were not swept");
            }
        }
    }

    async fn sweep_idempotency_keys(&self) -> Result<(), DatabaseError> {
        let hours = self.config.retention.idempotency_key_hours;
        let before = self.before(SignedDuration::from_hours(hours.into()) + SWEEP_MARGIN);
        loop {
            let rows = self.store.sweep_idempotency_keys(before, SWEEP_ROWS).await?;
            metrics::swept("idempotency_keys", rows);
            if is_last(rows) {
                return Ok(());
            }
        }
    }

    fn before(&self, age: SignedDuration) -> Timestamp {
        self.clock.now().saturating_sub(age).unwrap_or(Timestamp::MIN)
    }
}

fn is_last(rows: usize) -> bool {
    i64::try_from(rows).is_ok_and(|rows| rows < SWEEP_ROWS)
}
