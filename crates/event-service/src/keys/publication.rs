//! Publishing the public halves through the key manager, and forgetting keys that nothing needs.

use super::sealed::{SigningKeyError, open};
use crate::service::State;
use crate::store::StoredKey;
use database::{DatabaseError, UtcMicros};
use jiff::{SignedDuration, Timestamp};
use jose::{PublicJwk, SigningKey};
use serde::Serialize;
use service_kit::outbound::{PeerError, ServiceClient};
use url::Url;

/// How long after its successor's start a replica may still sign with a key.
const OVERLAP: SignedDuration = SignedDuration::from_mins(5);

/// The key manager as publisher of keys.
#[derive(Clone, Debug)]
pub(crate) struct KeyPublisher {
    pub(crate) client: ServiceClient,
    /// Base URL of the key manager's internal listener.
    pub(crate) key_manager: Url,
}

/// Why the keys were not published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublicationError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Key(#[from] SigningKeyError),
    #[error(transparent)]
    Peer(#[from] PeerError),
    #[error("the key manager's address cannot carry a path")]
    Url,
}

impl State {
    /// Has the key manager publish every key as long as it is needed: the newest from now on for the
    /// retention time, an older one for that time after it was replaced, and longer while a SET
    /// that it signed still waits. A key published for the first time signs after its publication
    /// time, the very first at once. Each is published for RS256 and for PS256. Keys that nothing needs any more are forgotten.
    pub(crate) async fn publish_keys(&self) -> Result<(), PublicationError> {
        let rows = self.store.signing_keys().await?;
        let nothing_signs = rows.iter().all(|row| row.signs_from.is_none());
        let mut outcome = Ok(());
        for (at, row) in rows.iter().enumerate() {
            // What is wrong with one key must not keep the others from being published.
            if let Err(error) = self.publish_or_retire(row, &rows[at + 1..], nothing_signs).await {
                outcome = Err(error);
            }
        }
        self.keys.refresh(&self.store).await?;
        outcome
    }

    async fn publish_or_retire(
        &self,
        row: &StoredKey,
        later: &[StoredKey],
        nothing_signs: bool,
    ) -> Result<(), PublicationError> {
        let kid = row.key.key_id.clone();
        let until = self.needed_until(later).await?;
        if until <= self.clock.now() {
            if self.store.delete_signing_key(kid.clone()).await? {
                tracing::info!(
                    target: "audit", event = "set_key_retirement", outcome = "deleted", kid
                );
            }
            return Ok(());
        }
        let key = open(&row.key, &self.keys.master_key)?;
        // The `kid` by which the key is known last: whoever sees it sees both.
        self.publisher.publish(key.ps256(), until).await?;
        self.publisher.publish(key.rs256(), until).await?;
        let wait = match row.publication_seconds {
            _ if nothing_signs => SignedDuration::ZERO,
            Some(seconds) => SignedDuration::from_secs(seconds),
            None => SignedDuration::from_secs(self.config.key_publication_seconds.into()),
        };
        let signs_from = self.clock.now().saturating_add(wait).unwrap_or(Timestamp::MAX);
        Ok(self.store.mark_published(kid, until, signs_from).await?)
    }

    async fn needed_until(&self, later: &[StoredKey]) -> Result<Timestamp, DatabaseError> {
        let now = self.clock.now();
        let replaced = later.iter().filter_map(|key| key.signs_from).min();
        let replaced = replaced.filter(|replaced| *replaced <= UtcMicros::from(now));
        let Some(replaced) = replaced.and_then(|replaced| Timestamp::try_from(replaced).ok())
        else {
            return Ok(self.retained_from(now));
        };
        let last_signature = replaced.saturating_add(OVERLAP).unwrap_or(Timestamp::MAX);
        if self.store.has_waiting_before(last_signature).await? {
            return Ok(self.retained_from(now));
        }
        Ok(self.retained_from(replaced))
    }

    fn retained_from(&self, at: Timestamp) -> Timestamp {
        let retention = SignedDuration::from_hours(24 * i64::from(self.config.key_retention_days));
        at.saturating_add(retention).unwrap_or(Timestamp::MAX)
    }
}

impl KeyPublisher {
    async fn publish(&self, key: &SigningKey, until: Timestamp) -> Result<(), PublicationError> {
        let mut url = self.key_manager.clone();
        url.path_segments_mut().map_err(|()| PublicationError::Url)?.pop_if_empty().extend([
            "internal",
            "v1",
            "published-keys",
            key.key_id(),
        ]);
        let body = Publication { jwk: key.public_jwk(None), retain_until: until.to_string() };
        Ok(self.client.put(url.as_str(), &body).await?)
    }
}

#[derive(Serialize)]
struct Publication {
    jwk: PublicJwk,
    /// RFC 3339.
    retain_until: String,
}
