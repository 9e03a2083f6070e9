//! Keeping up with the key manager's changes.

use super::Clients;
use super::document::{CHANGES, Change, STATE, StateDocument};
use super::registry::Registry;
use crate::token::TokenKeys;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use metrics::{Gauge, describe_gauge, gauge};
use service_kit::health::Gate;
use service_kit::outbound::{FeedFollower, FeedFreshness, FeedNews, FeedSource, ServiceClient};
use service_kit::shutdown::StopSignal;
use service_kit::{SharedClock, SharedRandom, TrustStore};
use std::sync::Arc;

/// The key manager's feed, and what depends on it.
#[derive(Debug)]
pub(crate) struct ClientsFeed {
    pub(crate) client: ServiceClient,
    pub(crate) key_manager_url: String,
    pub(crate) clock: SharedClock,
    pub(crate) random: SharedRandom,
    /// Seconds that expired tokens are accepted.
    pub(crate) skew: i64,
    pub(crate) clients: Arc<Clients>,
    pub(crate) keys: Arc<TokenKeys>,
    /// Whose certificates are accepted; gets the uploaded ones.
    pub(crate) tpp_trust: TrustStore,
    /// Opens with the first state, and stays open.
    pub(crate) gate: Gate,
}

/// A feed that is being followed.
struct Following<'f> {
    feed: &'f ClientsFeed,
    follower: FeedFollower<StateDocument, Change>,
    freshness: FeedFreshness,
    swept_at: Timestamp,
    meters: Meters,
}

struct Meters {
    age: Gauge,
    clients: Gauge,
    revoked: Gauge,
}

impl ClientsFeed {
    /// Keeps clients and revoked tokens up to date until `stop`. While the key manager is away, what
    /// was known last stays in force.
    pub(crate) async fn follow(&self, stop: &mut StopSignal) {
        let follower = FeedFollower::new(FeedSource {
            client: self.client.clone(),
            base_url: self.key_manager_url.clone(),
            state_path: STATE,
            changes_path: CHANGES,
            clock: Arc::clone(&self.clock),
            random: Arc::clone(&self.random),
        });
        let following = Following {
            feed: self,
            freshness: follower.freshness(),
            follower,
            swept_at: self.clock.now(),
            meters: Meters::new(),
        };
        following.run(stop).await;
    }
}

impl Following<'_> {
    async fn run(mut self, stop: &mut StopSignal) {
        while let Some(news) = self.follower.next(stop).await {
            match news {
                FeedNews::State(state) => self.replace(&state),
                FeedNews::Changes(changes) => changes.iter().for_each(|change| self.apply(change)),
                FeedNews::Lost(error) => self.lost(&error.to_string()),
            }
            self.sweep();
            self.measure();
        }
    }

    fn replace(&self, state: &StateDocument) {
        let (registry, now) = (Registry::new(), self.now());
        for client in &state.clients {
            registry.tell(client, now);
        }
        for token in &state.revoked_tokens {
            registry.revoke(token, now);
        }
        if self.feed.clients.registry().is_some() {
            // Keys may have changed among the changes that were not read.
            self.feed.keys.ask_for_renewal();
        }
        self.feed.clients.replace(registry);
        self.trust(&state.trusted_certificates);
        self.feed.gate.open();
        tracing::info!(
            clients = state.clients.len(),
            revoked_tokens = state.revoked_tokens.len(),
            "clients taken in"
        );
    }

    /// On an error the certificates that were trusted stay so.
    fn trust(&self, certificates: &[String]) {
        let decoded: Result<Vec<_>, _> =
            certificates.iter().map(|certificate| STANDARD.decode(certificate)).collect();
        let replaced = decoded
            .map_err(|error| error.to_string())
            .and_then(|der| self.feed.tpp_trust.replace_uploaded(&der).map_err(|e| e.to_string()));
        if let Err(error) = replaced {
            tracing::error!(error, "uploaded certificates cannot be used");
        }
    }

    fn apply(&mut self, change: &Change) {
        let Some(registry) = self.feed.clients.registry() else { return };
        match change {
            Change::ClientCreated(client)
            | Change::ClientChanged(client)
            | Change::ClientDisabled(client)
            | Change::ClientDeleted(client) => registry.tell(client, self.now()),
            Change::TokenRevoked(token) => registry.revoke(token, self.now()),
            Change::TokenKeysChanged => self.feed.keys.ask_for_renewal(),
            Change::TrustChanged => self.follower.read_state_again(),
            Change::Other => {}
        }
    }

    fn lost(&self, error: &str) {
        let seconds = self.age();
        tracing::warn!(error, seconds, "the key manager does not tell what changed");
        if self.freshness.last_success().is_none() {
            self.feed.gate.close(error);
        }
    }

    fn sweep(&mut self) {
        let now = self.feed.clock.now();
        if now.duration_since(self.swept_at).abs().as_secs() < SWEEP_SECONDS {
            return;
        }
        self.swept_at = now;
        if let Some(registry) = self.feed.clients.registry() {
            registry.sweep(now.as_second(), self.feed.skew);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers of entries are far below 2^52")]
    fn measure(&self) {
        self.meters.age.set(self.age().unwrap_or_default());
        if let Some(registry) = self.feed.clients.registry() {
            let (clients, revoked) = registry.sizes();
            self.meters.clients.set(clients as f64);
            self.meters.revoked.set(revoked as f64);
        }
    }

    /// Seconds since the key manager answered last.
    fn age(&self) -> Option<f64> {
        let last = self.freshness.last_success()?;
        Some(self.feed.clock.now().duration_since(last).as_secs_f64().max(0.0))
    }

    fn now(&self) -> i64 {
        self.feed.clock.now().as_second()
    }
}

impl Meters {
    fn new() -> Self {
        describe_gauge!(AGE, "seconds since the key manager last told what changed");
        describe_gauge!(CLIENTS, "clients known");
        describe_gauge!(REVOKED, "revoked tokens remembered");
        Self { age: gauge!(AGE), clients: gauge!(CLIENTS), revoked: gauge!(REVOKED) }
    }
}

const AGE: &str = "lombard_gateway_feed_age_seconds";
const CLIENTS: &str = "lombard_gateway_known_clients";
const REVOKED: &str = "lombard_gateway_revoked_tokens";
/// Between two looks for what need not be remembered any more.
const SWEEP_SECONDS: i64 = 60;
