//! What the key manager tells: `GET /internal/v1/state` and `/internal/v1/changes`.

use super::known_client::KnownClient;
use serde::Deserialize;

/// Path of the state.
pub(super) const STATE: &str = "/internal/v1/state";
/// Path of the changes.
pub(super) const CHANGES: &str = "/internal/v1/changes";
/// Path of one client, before its id.
pub(super) const CLIENTS: &str = "/internal/v1/clients/";

/// Everything at one moment.
#[derive(Debug, Deserialize)]
pub(super) struct StateDocument {
    pub(super) clients: Vec<NamedClient>,
    pub(super) revoked_tokens: Vec<RevokedToken>,
    /// base64 of DER.
    pub(super) trusted_certificates: Vec<String>,
}

/// A client with its id.
#[derive(Debug, Deserialize)]
pub(super) struct NamedClient {
    pub(super) client_id: String,
    #[serde(flatten)]
    pub(super) client: KnownClient,
}

/// A token that must not be used any more.
#[derive(Debug, Deserialize)]
pub(super) struct RevokedToken {
    pub(super) jti: String,
    pub(super) client_id: String,
    /// Seconds since the epoch.
    pub(super) expires_at: i64,
}

/// One entry of the feed.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Change {
    ClientCreated(NamedClient),
    ClientChanged(NamedClient),
    ClientDisabled(NamedClient),
    ClientDeleted(NamedClient),
    TokenRevoked(RevokedToken),
    TokenKeysChanged,
    TrustChanged,
    /// Nothing that matters here.
    #[serde(other)]
    Other,
}
