//! What the key manager's registration takes from the rest of the configuration.

use super::binding::Bound;
use crate::configuration::{Configuration, Mode};
use key_manager::{REGISTRATION_PATH, SsaIssuer};

/// Issuer of the software statements of a sandbox's directory.
const DIRECTORY_ISSUER: &str = "OpenBanking Ltd";
/// Where a sandbox's directory publishes the keys that sign them.
const DIRECTORY_JWKS: &str = "/keystore/openbanking.jwks";

/// The public URL of the registration endpoint: the configured one, else the path below the API
/// listener's public URL; unknown to a process that has neither.
pub fn registration_endpoint(configuration: &Configuration, api: Option<&Bound>) -> Option<String> {
    let configured = configuration.key_manager.registration.endpoint.clone();
    let endpoint = |url: String| format!("{}{REGISTRATION_PATH}", url.trim_end_matches('/'));
    configured.or_else(|| api_url(configuration, api).map(endpoint))
}

/// The public URL of the API listener; unknown to a process that has neither it nor its public URL.
pub fn api_url(configuration: &Configuration, api: Option<&Bound>) -> Option<String> {
    let bound = api.map(|bound| bound.url.clone());
    bound.or_else(|| configuration.listeners.api.public_url.clone())
}

/// Section `[key_manager]`; a sandbox without issuers of software statements has its directory.
pub fn key_manager_configuration(
    configuration: &Configuration,
    directory_url: &str,
) -> key_manager::Config {
    let mut config = configuration.key_manager.clone();
    let issuers = &mut config.registration.ssa_issuers;
    if issuers.is_empty() && configuration.mode == Mode::Sandbox {
        issuers.push(SsaIssuer {
            iss: DIRECTORY_ISSUER.to_owned(),
            jwks_url: format!("{directory_url}{DIRECTORY_JWKS}"),
            jwks_origins: Vec::new(),
        });
    }
    config
}
