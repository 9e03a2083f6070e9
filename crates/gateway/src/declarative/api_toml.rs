//! `api.toml`: how an API is published.

use super::definition::ErrorFormat;
use serde::Deserialize;
use toml::Spanned;

/// The file as it is written; [`super::ApiDefinition::read`] checks what it says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApiToml {
    pub(super) name: Spanned<String>,
    pub(super) context: Spanned<String>,
    pub(super) version: Spanned<String>,
    #[serde(default = "unlimited")]
    pub(super) plan: String,
    #[serde(default)]
    pub(super) error_format: ErrorFormat,
    pub(super) scopes: Spanned<Vec<String>>,
    #[serde(default = "default_timeout")]
    pub(super) timeout_seconds: Spanned<u32>,
    pub(super) upstream: UpstreamToml,
}

/// Where the calls go.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UpstreamToml {
    pub(super) peer: Spanned<String>,
    pub(super) path: Spanned<String>,
}

fn unlimited() -> String {
    "Unlimited".to_owned()
}

fn default_timeout() -> Spanned<u32> {
    Spanned::new(0..0, 30)
}
