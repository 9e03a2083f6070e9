//! Section `[key_manager.registration]`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Dynamic client registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RegistrationConfig {
    /// Whether a software statement may have several clients; without, a second registration is refused as the toolkit refuses it.
    pub allow_several_clients: bool,
    /// Audiences of registration requests accepted beside the issuer and the registration endpoint, such as the bank's id in the directory.
    pub audiences: Vec<String>,
    /// Whether the audience of registration requests is checked at all.
    pub check_audience: bool,
    /// The public URL of the registration endpoint, for discovery, where it is not the API listener's `/open-banking/v3.3.0/register`.
    pub endpoint: Option<String>,
    /// How long the keys of an issuer of software statements are used before they are read again, in seconds.
    pub issuer_keys_seconds: u32,
    /// How long beyond that they are used while the issuer gives no better ones, in seconds.
    pub issuer_keys_stale_seconds: u32,
    /// How long a registration request may be valid, in seconds.
    pub request_lifetime_cap_seconds: u32,
    /// How old a software statement may be, in seconds; 0 for any age.
    pub software_statement_age_seconds: u32,
    /// The modes (`software_mode`) of software that may register.
    pub software_modes: Vec<String>,
    /// Who issues software statements; a sandbox without any takes those of its directory.
    pub ssa_issuers: Vec<SsaIssuer>,
}

/// An issuer of software statements.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SsaIssuer {
    /// Its name: `iss` of its software statements.
    pub iss: String,
    /// Where its keys are.
    pub jwks_url: String,
    /// Origins at which the keys of its software may be, beside that of `jwks_url`.
    #[serde(default)]
    pub jwks_origins: Vec<String>,
}

impl Default for RegistrationConfig {
    fn default() -> Self {
        Self {
            allow_several_clients: false,
            audiences: Vec::new(),
            check_audience: false,
            endpoint: None,
            issuer_keys_seconds: 3600,
            issuer_keys_stale_seconds: 24 * 60 * 60,
            request_lifetime_cap_seconds: 3 * 24 * 60 * 60,
            software_statement_age_seconds: 30 * 24 * 60 * 60,
            software_modes: vec!["Live".to_owned(), "Test".to_owned()],
            ssa_issuers: Vec::new(),
        }
    }
}
