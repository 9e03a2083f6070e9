//! What the role is given.

use crate::config::Config;
use crate::keys::TokenKeyRotation;
use database::Database;
use jose::MasterKey;
use service_kit::health::Gate;
use service_kit::outbound::{Forwarder, GuardedClient};
use service_kit::{SharedClock, SharedRandom, TrustStore};
use std::sync::Arc;

/// Everything the key manager is given.
#[derive(Debug)]
pub struct Dependencies {
    /// Section `[key_manager]`.
    pub config: Config,
    /// Its database, migrated.
    pub database: Database,
    /// The time.
    pub clock: SharedClock,
    /// Randomness.
    pub random: SharedRandom,
    /// Seals the token keys.
    pub master_key: Arc<MasterKey>,
    /// Whether a missing token key is made at the start (sandbox) or stops it.
    pub create: bool,
    /// The public base URL of the identity listener, without a path; the issuer is below it.
    pub identity_url: String,
    /// The public URL of the registration endpoint, where it is known.
    pub registration_endpoint: Option<String>,
    /// The base URL of the event service, to which the event-notification doors are forwarded.
    pub event_service_url: String,
    /// Calls the event service.
    pub forwarder: Forwarder,
    /// Whether clients may authenticate with a secret: in sandboxes.
    pub allow_client_secrets: bool,
    /// Calls the addresses that clients and software statements name.
    pub outbound: GuardedClient,
    /// Judges the certificates of TPPs; the one that the public listener uses.
    pub tpp_trust: TrustStore,
    /// Open while the database answers.
    pub database_gate: Gate,
}

/// What making a token key takes.
#[derive(Clone, Debug)]
pub struct TokenKeyMaker {
    /// Section `[key_manager]`.
    pub config: Config,
    /// The key manager's database, migrated.
    pub database: Database,
    /// The time.
    pub clock: SharedClock,
    /// Seals the token keys.
    pub master_key: Arc<MasterKey>,
}

impl Dependencies {
    /// What its token keys are made with.
    pub(crate) fn token_key_maker(&self) -> TokenKeyMaker {
        TokenKeyMaker {
            config: self.config.clone(),
            database: self.database.clone(),
            clock: self.clock.clone(),
            master_key: Arc::clone(&self.master_key),
        }
    }
}

impl TokenKeyMaker {
    /// The rotation that makes them.
    pub(crate) fn rotation(&self) -> TokenKeyRotation {
        TokenKeyRotation {
            database: self.database.clone(),
            master_key: Arc::clone(&self.master_key),
            clock: self.clock.clone(),
            algorithm: self.config.token_signing_alg.into(),
        }
    }
}
