//! The key manager's token keys at one moment.

use jose::KeySet;
use serde::Deserialize;

/// Keys that verify access tokens, and the issuer they belong to.
#[derive(Debug)]
pub(crate) struct KeyRing {
    pub(super) issuer: String,
    pub(super) keys: KeySet,
    /// Grows with every change; a token verified under another revision is verified anew.
    pub(super) revision: u64,
    document: TokenKeysDocument,
}

/// `GET /internal/v1/token-keys` of the key manager.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct TokenKeysDocument {
    issuer: String,
    keys: Vec<serde_json::Value>,
}

/// Why an answer of the key manager is not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum KeyRingError {
    /// The key manager states another issuer than the configured one.
    #[error("the key manager states issuer {0:?}")]
    ForeignIssuer(String),
    /// A key that is no key.
    #[error(transparent)]
    Key(#[from] jose::KeyError),
    /// No usable key at all.
    #[error("no token key that can be used")]
    NoKey,
}

impl KeyRing {
    /// The ring that `document` makes after `previous`; none when nothing changed.
    pub(super) fn next(
        document: TokenKeysDocument,
        configured_issuer: Option<&str>,
        previous: Option<&Self>,
    ) -> Result<Option<Self>, KeyRingError> {
        if configured_issuer.is_some_and(|issuer| issuer != document.issuer) {
            return Err(KeyRingError::ForeignIssuer(document.issuer));
        }
        if previous.is_some_and(|previous| previous.document == document) {
            return Ok(None);
        }
        let keys = KeySet::parse(&serde_json::json!({ "keys": document.keys }).to_string())?;
        if keys.keys().is_empty() {
            return Err(KeyRingError::NoKey);
        }
        Ok(Some(Self {
            issuer: document.issuer.clone(),
            keys,
            revision: previous.map_or(1, |previous| previous.revision + 1),
            document,
        }))
    }
}
