//! The keys of the software: published, and not among the revoked ones.

use super::Registrar;
use super::error::{RegisterError, StatementDefect};
use super::issuer::StatementIssuer;
use super::software_statement::OwnStatement;
use jose::{KeySet, VerificationKey, from_str_strict};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// Keys that the software statement's endpoint publishes and that are not revoked.
#[derive(Debug)]
pub(super) struct SoftwareKeys {
    usable: KeySet,
    /// The set without the revoked keys, as JSON.
    pub(super) document: String,
}

/// What a list of revoked keys names: some have a weak key, so that it is not read as a key set.
#[derive(Debug, Default)]
struct RevokedKeys {
    key_ids: HashSet<String>,
    thumbprints: HashSet<String>,
}

impl SoftwareKeys {
    /// The keys.
    pub(super) fn usable(&self) -> &KeySet {
        &self.usable
    }
}

impl Registrar {
    /// Reads the keys that `statement` points to. Both addresses are checked before either is
    /// called.
    pub(super) async fn software_keys(
        &self,
        statement: &OwnStatement<'_>,
    ) -> Result<SoftwareKeys, RegisterError> {
        let keys_at = &statement.claims.software_jwks_endpoint;
        let revoked_at = statement.claims.software_jwks_revoked_endpoint.as_deref();
        self.check_endpoint(statement.issuer, keys_at, "software_jwks_endpoint")?;
        if let Some(url) = revoked_at {
            self.check_endpoint(statement.issuer, url, "software_jwks_revoked_endpoint")?;
        }
        let revoked = match revoked_at {
            Some(url) => RevokedKeys::parse(&self.fetch(url).await?)?,
            None => RevokedKeys::default(),
        };
        let document = revoked.without(&self.fetch(keys_at).await?)?;
        let usable = KeySet::parse(&document).map_err(|_| StatementDefect::Keys)?;
        Ok(SoftwareKeys { usable, document })
    }

    fn check_endpoint(
        &self,
        issuer: &StatementIssuer,
        url: &str,
        name: &'static str,
    ) -> Result<(), RegisterError> {
        if issuer.vouches_for(url) && self.outbound.check(url).is_ok() {
            return Ok(());
        }
        Err(StatementDefect::Endpoint(name).into())
    }

    async fn fetch(&self, url: &str) -> Result<Map<String, Value>, RegisterError> {
        let answer = self.outbound.get(url, "application/json").await.map_err(|error| {
            tracing::info!(%error, "a key set of a software statement cannot be fetched");
            StatementDefect::KeysUnavailable
        })?;
        if answer.status != 200 {
            return Err(StatementDefect::KeysUnavailable.into());
        }
        let text = std::str::from_utf8(&answer.body).map_err(|_| StatementDefect::Keys)?;
        Ok(from_str_strict(text).map_err(|_| StatementDefect::Keys)?)
    }
}

impl RevokedKeys {
    fn parse(document: &Map<String, Value>) -> Result<Self, StatementDefect> {
        let mut revoked = Self::default();
        for key in members(document)? {
            revoked.key_ids.extend(key.get("kid").and_then(Value::as_str).map(str::to_owned));
            revoked.thumbprints.extend(thumbprint(key));
        }
        Ok(revoked)
    }

    /// `document` without these keys.
    fn without(&self, document: &Map<String, Value>) -> Result<String, StatementDefect> {
        let kept: Vec<&Value> = members(document)?.iter().filter(|key| !self.names(key)).collect();
        Ok(serde_json::json!({ "keys": kept }).to_string())
    }

    fn names(&self, key: &Value) -> bool {
        let same_id =
            key.get("kid").and_then(Value::as_str).is_some_and(|id| self.key_ids.contains(id));
        same_id || thumbprint(key).is_some_and(|thumbprint| self.thumbprints.contains(&thumbprint))
    }
}

fn members(document: &Map<String, Value>) -> Result<&Vec<Value>, StatementDefect> {
    match document.get("keys") {
        Some(Value::Array(keys)) if keys.len() <= MAX_KEYS => Ok(keys),
        _ => Err(StatementDefect::Keys),
    }
}

fn thumbprint(key: &Value) -> Option<String> {
    VerificationKey::from_jwk(&key.to_string()).ok().map(|key| key.thumbprint())
}

const MAX_KEYS: usize = 100;
