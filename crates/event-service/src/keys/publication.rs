//! Publishing the public halves through the key manager.

use super::SetKeys;
use crate::store::Store;
use database::DatabaseError;
use jiff::{SignedDuration, Timestamp};
use jose::{PublicJwk, SigningKey};
use serde::Serialize;
use service_kit::outbound::{PeerError, ServiceClient};
use std::sync::atomic::Ordering;
use url::Url;

/// The key manager as publisher of keys.
#[derive(Clone, Debug)]
pub(crate) struct KeyPublisher {
    pub(crate) client: ServiceClient,
    /// Base URL of the key manager's internal listener.
    pub(crate) key_manager: Url,
    /// How long a key must stay published from now on.
    pub(crate) retention: SignedDuration,
}

/// Why the keys were not published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublicationError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Peer(#[from] PeerError),
    #[error("the key manager's address cannot carry a path")]
    Url,
}

impl SetKeys {
    /// Has the key manager publish every key until `now` plus the retention; a SET may wait in an
    /// inbox long after the key that signed it was replaced.
    pub(crate) async fn publish(
        &self,
        publisher: &KeyPublisher,
        store: &Store,
        now: Timestamp,
    ) -> Result<(), PublicationError> {
        let until = now.saturating_add(publisher.retention).unwrap_or(Timestamp::MAX);
        for key in self.older.iter().chain([&self.newest]) {
            publisher.publish(key, until).await?;
            store.mark_published(key.key_id().to_owned(), until).await?;
        }
        self.published_until.store(until.as_microsecond(), Ordering::Release);
        Ok(())
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
