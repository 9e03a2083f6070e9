//! Background work: forgetting assertions and revoked tokens that have expired, and changes that all
//! have heard of.

use crate::key_manager::Server;
use crate::store::{self, OlderUses, RevokedToken, SweptUses};
use database::{DatabaseError, UtcMicros};
use jiff::SignedDuration;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How often there is a sweep.
const SWEEP_EVERY: Duration = Duration::from_mins(1);
/// Rows of one sweep: short enough for token requests not to notice.
const SWEEP_ROWS: i64 = 500;
/// Uses of assertions that one step of a sweep looks at.
const SWEEP_USES: i64 = 5000;
/// How long a row outlives its assertion: replicas' clocks may differ by this much, and the slowest
/// one must still find it.
const SWEEP_MARGIN: SignedDuration = SignedDuration::from_mins(5);

impl Server {
    /// Sweeps for ever.
    pub(crate) async fn sweep(&self) {
        let mut ticks = tokio::time::interval(SWEEP_EVERY);
        loop {
            ticks.tick().await;
            match self.sweep_expired().await {
                Ok(0) => {}
                Ok(rows) => tracing::debug!(rows, "forgot expired assertions"),
                Err(error) => tracing::warn!(%error, "expired assertions were not swept"),
            }
            match self.sweep_revoked_tokens().await {
                Ok(0) => {}
                Ok(rows) => tracing::debug!(rows, "forgot revoked tokens that expired"),
                Err(error) => tracing::warn!(%error, "revoked tokens were not swept"),
            }
            match self.sweep_changes().await {
                Ok(0) => {}
                Ok(rows) => tracing::debug!(rows, "forgot old changes"),
                Err(error) => tracing::warn!(%error, "old changes were not swept"),
            }
        }
    }

    /// Deletes uses of assertions that have expired, in small steps, a unit of work each; their number.
    pub(crate) async fn sweep_expired(&self) -> Result<usize, DatabaseError> {
        let older = self.sweep_before(SWEEP_MARGIN, OlderUses::sweep).await?;
        let left =
            self.database.read(|connection| Ok::<_, DatabaseError>(OlderUses::find(connection)?));
        self.has_older_uses.store(left.await? == OlderUses::Kept, Ordering::Relaxed);
        let before = self.long_ago(SWEEP_MARGIN);
        let (mut total, mut next) = (older, Some(Vec::new()));
        while let Some(after) = next {
            let swept = self.database.write(move |connection| {
                Ok::<_, DatabaseError>(SweptUses::step(connection, before, &after, SWEEP_USES)?)
            });
            let swept = swept.await?;
            total += swept.rows;
            next = swept.next;
        }
        Ok(total)
    }

    /// Where uses may be that an earlier version has recorded. A replica of that version that still
    /// runs is noticed at the next sweep.
    pub(crate) fn older_uses(&self) -> OlderUses {
        if self.has_older_uses.load(Ordering::Relaxed) { OlderUses::Kept } else { OlderUses::Gone }
    }

    /// Forgets revoked tokens that have expired, in small batches, a unit of work each; their number.
    pub(crate) async fn sweep_revoked_tokens(&self) -> Result<usize, DatabaseError> {
        self.sweep_before(SWEEP_MARGIN, RevokedToken::sweep).await
    }

    /// Deletes changes older than they are kept, as revoked tokens.
    pub(crate) async fn sweep_changes(&self) -> Result<usize, DatabaseError> {
        let kept = SignedDuration::from_hours(24 * i64::from(self.config.change_retention_days));
        self.sweep_before(kept, store::sweep_changes).await
    }

    async fn sweep_before(
        &self,
        age: SignedDuration,
        sweep: store::Sweep,
    ) -> Result<usize, DatabaseError> {
        let before = self.long_ago(age);
        let mut total = 0;
        loop {
            let rows = self
                .database
                .write(move |connection| {
                    Ok::<_, DatabaseError>(sweep(connection, before, SWEEP_ROWS)?)
                })
                .await?;
            total += rows;
            if i64::try_from(rows).unwrap_or(i64::MAX) < SWEEP_ROWS {
                return Ok(total);
            }
        }
    }

    fn long_ago(&self, age: SignedDuration) -> UtcMicros {
        self.clock.now().checked_sub(age).unwrap_or(jiff::Timestamp::MIN).into()
    }
}
