//! Section `[key_manager]`.

use crate::registration::RegistrationConfig;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use service_kit::failure_limit::FailureLimitConfig;

/// Settings of the key manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Config {
    /// The `aud` of access tokens of profile `rfc9068`: what the gateway expects as `gateway.audience`; by default the issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_audience: Option<String>,
    /// The shape of access tokens: the toolkit's, or that of RFC 9068, with `typ` `at+jwt`, the client as `sub` and `client_id`, and an audience.
    pub access_token_profile: AccessTokenProfile,
    /// How long an assertion may be valid in seconds, unless the client has a cap of its own; the toolkit's sample lives three days.
    pub assertion_lifetime_cap_seconds: u32,
    /// How long the change feed keeps what it has told, in days; a role that was away for longer reads the whole state again.
    pub change_retention_days: u32,
    /// How many calls may wait for the next change at a time.
    pub change_waiters: u32,
    /// How long a client read from the database is used before it is read again; changes made by this process take effect at once.
    pub client_cache_seconds: u32,
    /// How many clients are kept in memory.
    pub client_cache_size: u64,
    /// How far the clocks of clients may be off, both ways, in seconds.
    pub clock_skew_seconds: u32,
    /// Scopes that every client with a TPP role gets beside those of its roles.
    pub common_scopes: Vec<String>,
    /// Connections to the database (readers, where it is SQLite).
    pub database_connections: u32,
    /// Where its data are: `sqlite://FILE`, relative to the data directory, or `postgres://…`.
    pub database_url: String,
    /// How long the event service may take for a forwarded call, in seconds.
    pub event_timeout_seconds: u32,
    /// The most seconds that a key set fetched from a client's `jwks_uri` is used without asking again, whatever its answer says.
    pub jwks_cache_ceiling_seconds: u32,
    /// The least seconds that a fetched key set is used without asking again; also where its answer says nothing.
    pub jwks_cache_floor_seconds: u32,
    /// How many fetched key sets are kept in memory.
    pub jwks_cache_size: u64,
    /// The least seconds between two requests to one `jwks_uri`: an unknown key id leads to no more.
    pub jwks_minimum_interval_seconds: u32,
    /// How long a key set that is too old goes on being used while its `jwks_uri` gives no usable answer, in seconds.
    pub jwks_stale_seconds: u32,
    /// How long a `jwks_uri` may take to answer, in seconds.
    pub jwks_timeout_seconds: u32,
    /// Callers that fail to authenticate again and again.
    pub failure_limit: FailureLimitConfig,
    /// How long a new token key is published before it signs, in seconds, at least 5; the key set may be cached for half of it, and never for more than a minute.
    pub key_publication_seconds: u32,
    /// After how many days the next token key is made; 0: only on demand (`lombard keys rotate`).
    pub key_rotation_days: u32,
    /// Dynamic client registration.
    pub registration: RegistrationConfig,
    /// Further audiences accepted in client assertions, beside the issuer (which is the token endpoint).
    pub token_endpoint_aliases: Vec<String>,
    /// How long an access token is valid, in seconds.
    pub token_lifetime_seconds: u32,
    /// The algorithm that signs access tokens: RS256, PS256 or ES256.
    pub token_signing_alg: TokenSigningAlgorithm,
    /// The `sub` of access tokens of profile `wso2`: the owner of applications made by registration.
    pub token_subject: String,
}

/// The shape of access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccessTokenProfile {
    /// RFC 9068.
    Rfc9068,
    /// The toolkit's.
    Wso2,
}

/// A signature algorithm of access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum TokenSigningAlgorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PKCS1-v1_5 with SHA-256, the toolkit's.
    Rs256,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            access_token_audience: None,
            access_token_profile: AccessTokenProfile::Wso2,
            assertion_lifetime_cap_seconds: 3 * 24 * 60 * 60,
            change_retention_days: 7,
            change_waiters: 256,
            client_cache_seconds: 5,
            client_cache_size: 10_000,
            clock_skew_seconds: 30,
            common_scopes: vec!["eventpolling".to_owned()],
            database_connections: 8,
            database_url: "sqlite://key-manager.db".to_owned(),
            event_timeout_seconds: 65,
            jwks_cache_ceiling_seconds: 60 * 60,
            jwks_cache_floor_seconds: 60,
            jwks_cache_size: 1000,
            jwks_minimum_interval_seconds: 30,
            jwks_stale_seconds: 24 * 60 * 60,
            jwks_timeout_seconds: 5,
            failure_limit: FailureLimitConfig::default(),
            key_publication_seconds: 120,
            key_rotation_days: 90,
            registration: RegistrationConfig::default(),
            token_endpoint_aliases: Vec::new(),
            token_lifetime_seconds: 3600,
            token_signing_alg: TokenSigningAlgorithm::Rs256,
            token_subject: "admin@wso2.com@carbon.super".to_owned(),
        }
    }
}

impl Config {
    /// How long a new token key is published before it signs.
    pub(crate) fn key_publication(&self) -> SignedDuration {
        SignedDuration::from_secs(self.key_publication_seconds.into())
    }

    /// How long verifiers may cache the key set, in seconds: they then know a key before it signs.
    pub(crate) fn key_set_max_age(&self) -> u32 {
        (self.key_publication_seconds / 2).min(60)
    }
}

impl AccessTokenProfile {
    /// `typ` of its tokens; the toolkit's have none.
    pub(crate) fn token_type(self) -> Option<&'static str> {
        match self {
            Self::Rfc9068 => Some("at+jwt"),
            Self::Wso2 => None,
        }
    }
}

impl From<TokenSigningAlgorithm> for jose::Algorithm {
    fn from(algorithm: TokenSigningAlgorithm) -> Self {
        match algorithm {
            TokenSigningAlgorithm::Es256 => Self::Es256,
            TokenSigningAlgorithm::Ps256 => Self::Ps256,
            TokenSigningAlgorithm::Rs256 => Self::Rs256,
        }
    }
}
