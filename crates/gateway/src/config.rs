//! Section `[gateway]` of the configuration.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Section `[gateway]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Config {
    /// The `aud` that access tokens of profile `rfc9068` must hold, as `key_manager.access_token_audience`; by default their issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// Bytes of a request body, above which a call is answered with 413.
    pub body_limit_bytes: usize,
    /// Seconds that a token's `exp` and `nbf` may be off, both ways.
    pub clock_skew_seconds: u32,
    /// Directory of `apis/NAME/{api.toml,openapi.yaml}` and `subscriptions.toml`; relative to the data directory.
    pub directory: PathBuf,
    /// The issuer that tokens must name; by default the one that the key manager states with its keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The key manager's internal listener, which tells the token keys, the clients and what changes.
    pub key_manager_url: String,
    /// Services that an API definition may name as its upstream: name and base URL.
    pub peers: BTreeMap<String, String>,
    /// Milliseconds between two looks at the directory.
    pub reload_interval_milliseconds: u64,
    /// Verified tokens that are remembered.
    pub token_cache_entries: u64,
    /// Seconds between two fetches of the token keys that an unknown key id may cause.
    pub token_keys_minimum_interval_seconds: u32,
    /// Seconds between two regular fetches of the token keys.
    pub token_keys_refresh_seconds: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            audience: None,
            body_limit_bytes: 64 * 1024,
            clock_skew_seconds: 30,
            directory: PathBuf::from("gateway"),
            issuer: None,
            key_manager_url: "https://localhost:9449".to_owned(),
            peers: [
                ("event-service", "https://localhost:9447"),
                ("key-manager", "https://localhost:9449"),
            ]
            .map(|(name, url)| (name.to_owned(), url.to_owned()))
            .into(),
            reload_interval_milliseconds: 1000,
            token_cache_entries: 50_000,
            token_keys_minimum_interval_seconds: 5,
            token_keys_refresh_seconds: 300,
        }
    }
}

impl Config {
    /// The key manager's base URL, without a slash at the end.
    pub(crate) fn key_manager_url(&self) -> &str {
        self.key_manager_url.trim_end_matches('/')
    }
}
