//! Certificates trusted one by one, from the table into the trust store.

use crate::changes::Changes;
use crate::clients::ClientId;
use crate::key_manager::Server;
use crate::store::{self, FeedPosition, TrustedCertificate};
use database::DatabaseError;
use serde_json::Value;
use service_kit::trust_store::TrustStoreError;
use std::time::Duration;

/// Why the trust store was not brought up to date.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrustError {
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// What is kept is no certificate.
    #[error(transparent)]
    Unusable(#[from] TrustStoreError),
}

impl Server {
    /// Puts the certificates of the table into the trust store.
    pub(crate) async fn load_trust(&self) -> Result<(), TrustError> {
        // Of two that read at once, the later must not be overtaken by the earlier.
        let _turn = self.trust_loading.lock().await;
        let kept = self
            .database
            .read(|connection| Ok::<_, DatabaseError>(TrustedCertificate::all(connection)?))
            .await?;
        let certificates: Vec<_> = kept.into_iter().map(|kept| kept.certificate).collect();
        Ok(self.tpp_trust.replace_uploaded(&certificates)?)
    }

    /// Does in this replica, for ever, what follows from changes that any replica has recorded.
    pub(crate) async fn follow_changes(&self) {
        let mut after = None;
        loop {
            let followed = match after {
                None => self.start_following().await,
                Some(known) => self.follow_on(known).await,
            };
            after = followed.unwrap_or_else(|error| {
                tracing::warn!(%error, "changes of other replicas were not followed");
                None
            });
            if after.is_none() {
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    /// Takes in what there is; the position from which to go on.
    async fn start_following(&self) -> Result<Option<FeedPosition>, TrustError> {
        let end = self
            .database
            .read(|connection| Ok::<_, DatabaseError>(store::feed_end(connection)?))
            .await?;
        self.load_trust().await?;
        self.clients.forget_all();
        Ok(Some(end.into()))
    }

    /// Waits for changes and takes them in; `None` where they are not kept any more, or were never made.
    async fn follow_on(&self, known: FeedPosition) -> Result<Option<FeedPosition>, TrustError> {
        let Some(next) = self.changes.next(known).await? else { return Ok(None) };
        let Changes { changes, history } = next;
        for change in &changes {
            let client = change.entry.get("client_id").and_then(Value::as_str);
            if let Some(Ok(id)) = client.map(str::parse::<ClientId>) {
                self.clients.forget(&id);
            }
            if change.entry.get("type").is_some_and(|kind| kind == store::TRUST_CHANGED) {
                self.load_trust().await?;
            }
        }
        let position = changes.last().map(|last| last.position);
        Ok(position.map(|position| FeedPosition { position, history: Some(history) }))
    }
}

/// How long after a failure the changes are followed again.
const RETRY: Duration = Duration::from_secs(1);
