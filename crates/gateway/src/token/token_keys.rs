//! Fetching the token keys from the key manager.

use super::key_ring::{KeyRing, KeyRingError, TokenKeysDocument};
use crate::config::Config;
use arc_swap::ArcSwapOption;
use jiff::{SignedDuration, Timestamp};
use service_kit::SharedClock;
use service_kit::outbound::{PeerError, ServiceClient};
use std::sync::Arc;
use tokio::sync::{Mutex, MutexGuard, Notify};

/// The current token keys; the last good ones stay when the key manager does not answer.
#[derive(Debug)]
pub(crate) struct TokenKeys {
    client: ServiceClient,
    url: String,
    configured_issuer: Option<String>,
    minimum_interval: SignedDuration,
    clock: SharedClock,
    ring: ArcSwapOption<KeyRing>,
    /// Held while a fetch runs: callers that wait for it share its outcome.
    last_attempt: Mutex<Option<Timestamp>>,
    renewal: Notify,
}

/// Why the keys were not renewed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TokenKeysError {
    /// The answer is not used.
    #[error(transparent)]
    KeyRing(#[from] KeyRingError),
    /// The key manager does not know the path.
    #[error("the key manager has no token keys")]
    NotFound,
    /// No answer.
    #[error(transparent)]
    Peer(#[from] PeerError),
}

impl TokenKeys {
    /// Nothing is fetched yet.
    pub(crate) fn new(config: &Config, client: ServiceClient, clock: SharedClock) -> Self {
        Self {
            client,
            url: [config.key_manager_url(), TOKEN_KEYS].concat(),
            configured_issuer: config.issuer.clone(),
            minimum_interval: SignedDuration::from_secs(
                config.token_keys_minimum_interval_seconds.into(),
            ),
            clock,
            ring: ArcSwapOption::empty(),
            last_attempt: Mutex::new(None),
            renewal: Notify::new(),
        }
    }

    /// The keys, once there are some.
    pub(crate) fn current(&self) -> Option<Arc<KeyRing>> {
        self.ring.load_full()
    }

    /// Asks for a renewal before it is due: the key manager has other keys.
    pub(crate) fn ask_for_renewal(&self) {
        self.renewal.notify_one();
    }

    /// Waits until a renewal is asked for.
    pub(crate) async fn renewal_asked_for(&self) {
        self.renewal.notified().await;
    }

    /// Fetches the keys.
    pub(crate) async fn refresh(&self) -> Result<(), TokenKeysError> {
        let last_attempt = self.last_attempt.lock().await;
        self.fetch(last_attempt).await
    }

    /// Keys newer than `seen`, for a token whose key is not among those: fetched at most once in
    /// the minimum interval, whoever asks.
    pub(crate) async fn newer_than(&self, seen: &KeyRing) -> Option<Arc<KeyRing>> {
        let last_attempt = self.last_attempt.lock().await;
        let is_due = last_attempt.is_none_or(|last| {
            self.clock.now().duration_since(last).abs() >= self.minimum_interval
        });
        let is_stale = |ring: &Arc<KeyRing>| ring.revision == seen.revision;
        if is_due
            && self.current().is_none_or(|ring| is_stale(&ring))
            && let Err(error) = self.fetch(last_attempt).await
        {
            tracing::warn!(%error, "token keys not renewed for an unknown key id");
        }
        self.current().filter(|ring| !is_stale(ring))
    }

    async fn fetch(
        &self,
        mut last_attempt: MutexGuard<'_, Option<Timestamp>>,
    ) -> Result<(), TokenKeysError> {
        *last_attempt = Some(self.clock.now());
        let document: TokenKeysDocument =
            self.client.get(&self.url).await?.ok_or(TokenKeysError::NotFound)?;
        let previous = self.current();
        let issuer = self.configured_issuer.as_deref();
        if let Some(ring) = KeyRing::next(document, issuer, previous.as_deref())? {
            tracing::info!(
                revision = ring.revision,
                keys = ring.keys.keys().len(),
                "token keys renewed"
            );
            self.ring.store(Some(Arc::new(ring)));
        }
        Ok(())
    }
}

/// Where the key manager hands its keys out.
const TOKEN_KEYS: &str = "/internal/v1/token-keys";
