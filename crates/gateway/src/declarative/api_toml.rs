//! `api.toml`: how an API is published.

use super::definition::{ErrorFormat, Security};
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
    /// Any one suffices; none are needed where there are none.
    pub(super) scopes: Spanned<Vec<String>>,
    #[serde(default = "yes")]
    pub(super) subscription_required: bool,
    /// The bearer token that was verified goes on to the upstream.
    #[serde(default)]
    pub(super) forward_authorization: bool,
    /// The caller's certificate goes on to the upstream (RFC 9440).
    #[serde(default)]
    pub(super) forward_certificate: bool,
    #[serde(default = "default_timeout")]
    pub(super) timeout_seconds: Spanned<u32>,
    pub(super) upstream: UpstreamToml,
    #[serde(default)]
    pub(super) operation: Vec<Spanned<OperationToml>>,
}

/// What an operation of the OpenAPI file asks of its callers, where it is not a token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperationToml {
    /// In capitals.
    pub(super) method: String,
    /// As the OpenAPI file writes it.
    pub(super) path: String,
    pub(super) security: Security,
}

/// Where the calls go.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UpstreamToml {
    pub(super) peer: Spanned<String>,
    pub(super) path: Spanned<String>,
}

fn yes() -> bool {
    true
}

fn unlimited() -> String {
    "Unlimited".to_owned()
}

fn default_timeout() -> Spanned<u32> {
    Spanned::new(0..0, 30)
}
