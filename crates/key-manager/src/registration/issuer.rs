//! Issuers of software statements.

use super::config::SsaIssuer;
use url::Url;

/// A configured issuer.
#[derive(Debug)]
pub(super) struct StatementIssuer {
    name: String,
    jwks_url: String,
    /// Where the keys of its software may be.
    origins: Vec<String>,
}

impl StatementIssuer {
    /// The issuer that `config` names; `None` where a URL or an origin is none.
    pub(super) fn new(config: &SsaIssuer) -> Option<Self> {
        let mut origins = vec![origin(&config.jwks_url)?];
        for allowed in &config.jwks_origins {
            origins.push(origin(allowed)?);
        }
        Some(Self { name: config.iss.clone(), jwks_url: config.jwks_url.clone(), origins })
    }

    /// `iss` of its statements.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Where its keys are.
    pub(super) fn jwks_url(&self) -> &str {
        &self.jwks_url
    }

    /// Whether the keys of its software may be at `url`.
    pub(super) fn vouches_for(&self, url: &str) -> bool {
        origin(url).is_some_and(|origin| self.origins.contains(&origin))
    }
}

fn origin(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    (url.scheme() == "https").then(|| url.origin().ascii_serialization())
}
