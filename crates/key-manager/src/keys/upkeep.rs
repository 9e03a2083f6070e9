//! Background work on token keys: following other replicas, rotating by the calendar, retiring.

use super::token_key::CreateKeyError;
use crate::key_manager::Server;
use jiff::SignedDuration;
use std::time::Duration;

/// How often the database is asked for new token keys; far below the shortest publication.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// How often it is seen whether a key is to be made or to be deleted.
const TEND_EVERY: Duration = Duration::from_mins(1);

impl Server {
    /// Takes in the keys that other replicas made, for ever.
    pub(crate) async fn follow_token_keys(&self) {
        let mut ticks = tokio::time::interval(FOLLOW_EVERY);
        let mut failing = false;
        loop {
            ticks.tick().await;
            let refreshed = self.token_signers.refresh(self.clock.now()).await;
            if let Err(error) = &refreshed
                && !failing
            {
                tracing::error!(%error, "the token keys cannot be read; those known go on signing");
            }
            failing = refreshed.is_err();
        }
    }

    /// Makes the next key when its time has come and deletes those that nobody needs, for ever.
    pub(crate) async fn tend_token_keys(&self) {
        let mut ticks = tokio::time::interval(TEND_EVERY);
        loop {
            ticks.tick().await;
            match self.rotate_and_retire().await {
                Ok(false) => {}
                Ok(true) => self.token_keys_changed().await,
                Err(error) => tracing::warn!(%error, "the token keys were not tended"),
            }
        }
    }

    /// Makes this replica, and whoever follows the changes here, see at once what it wrote.
    pub(crate) async fn token_keys_changed(&self) {
        self.changes.announce();
        self.published_keys.invalidate();
        if let Err(error) = self.token_signers.refresh(self.clock.now()).await {
            tracing::warn!(%error, "the token keys will be read again in a second");
        }
    }

    async fn rotate_and_retire(&self) -> Result<bool, CreateKeyError> {
        let rotation = &self.token_key_rotation;
        let days = i64::from(self.config.key_rotation_days);
        let rotated = days > 0
            && rotation
                .rotate_if_due(SignedDuration::from_hours(24 * days), self.config.key_publication())
                .await?;
        let lifetime = self.config.token_lifetime_seconds + self.config.clock_skew_seconds;
        let retired = rotation.retire(SignedDuration::from_secs(lifetime.into())).await?;
        Ok(rotated || retired)
    }
}
