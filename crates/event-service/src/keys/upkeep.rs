//! Background work on the signing keys: published again and again, followed, rotated by the calendar.

use super::publication::PublicationError;
use crate::metrics;
use crate::service::State;
use service_kit::health::Gate;
use service_kit::shutdown::StopSignal;
use std::time::Duration;

/// The first pause after an unanswered publication: the key manager may be starting beside us.
const FIRST_RETRY: Duration = Duration::from_millis(20);
/// Failures before this pause are not worth a line.
const QUIET_RETRY: Duration = Duration::from_millis(500);
const LAST_RETRY: Duration = Duration::from_secs(10);
/// How often published keys have their time extended.
const REPUBLISH: Duration = Duration::from_hours(1);
/// How often the database is asked for new keys; far below the shortest publication.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);

impl State {
    /// Keeps the keys published until `stop`; `gate` is open while there is one to sign with.
    pub(crate) async fn keep_keys_published(&self, gate: &Gate, mut stop: StopSignal) {
        let mut retry = FIRST_RETRY;
        loop {
            let pause = match self.publish_keys().await {
                Ok(()) => {
                    retry = FIRST_RETRY;
                    published(gate);
                    None
                }
                Err(error) => {
                    self.publication_failed(gate, &error, retry);
                    let pause = retry;
                    retry = (retry * 2).min(LAST_RETRY);
                    Some(pause)
                }
            };
            tokio::select! {
                () = stop.stopped() => return,
                () = tokio::time::sleep(pause.unwrap_or(REPUBLISH)) => {}
                () = self.unpublished_key(), if pause.is_none() => {}
            }
        }
    }

    /// Follows what other replicas do until there is a key to be published, this one's turn to make
    /// one included.
    async fn unpublished_key(&self) {
        let mut failing = false;
        loop {
            tokio::time::sleep(FOLLOW_EVERY).await;
            let looked = match self.rotate_keys_if_due().await {
                Ok(_) => self.keys.refresh(&self.store).await,
                Err(error) => Err(error),
            };
            if let Err(error) = &looked
                && !failing
            {
                tracing::error!(%error, "the signing keys cannot be read; those known go on signing");
            }
            failing = looked.is_err();
            if self.keys.all().iter().any(|key| key.published_until.is_none()) {
                return;
            }
        }
    }

    fn publication_failed(&self, gate: &Gate, error: &PublicationError, retry: Duration) {
        metrics::keys_published("failed");
        // At first the key manager may merely be starting beside us.
        if retry > QUIET_RETRY {
            tracing::warn!(%error, "the signing keys were not published");
        }
        // What was published stays so until its time; only then is nothing to be signed.
        if self.keys.published(self.clock.now()).is_none() {
            gate.close(format!("the signing keys are not published: {error}"));
        }
    }
}

fn published(gate: &Gate) {
    metrics::keys_published("published");
    tracing::info!(target: "audit", event = "set_key_publication", outcome = "published");
    gate.open();
}
