//! Section `[directory]`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Settings of the sandbox directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Directory of the authority that issues TPP certificates, relative to the data directory: `root.crt`, `issuing.crt`, `issuing.key`.
    pub authority: PathBuf,
    /// How long an issued certificate is valid, in days.
    pub certificate_days: u32,
    /// Connections to the database (readers, where it is SQLite).
    pub database_connections: u32,
    /// Where its data are: `sqlite://FILE`, relative to the data directory, or `postgres://…`.
    pub database_url: String,
    /// How long others may keep a JWK set or the revocation list before they ask again, in seconds.
    pub document_max_age_seconds: u32,
    /// The `iss` of software statement assertions.
    pub issuer: String,
    /// For how long a revocation list may be relied on, in hours.
    pub revocation_list_hours: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            authority: "certs/tpp".into(),
            certificate_days: 365,
            database_connections: 4,
            database_url: "sqlite://directory.db".to_owned(),
            document_max_age_seconds: 60,
            issuer: "OpenBanking Ltd".to_owned(),
            revocation_list_hours: 24,
        }
    }
}
