//! Access tokens that come back: whether they are ours, and whether they still count.

use crate::key_manager::Server;
use crate::store::{ClientRecord, ClientStatus, RevokedToken};
use database::{DatabaseError, UtcMicros};
use jose::{KeySet, UnverifiedJws};
use serde::Deserialize;
use serde_json::Value;

/// The most bytes of a token; ours have far fewer.
const MAX_BYTES: usize = 8 * 1024;

/// An access token that this server issued and that has not expired; it may be revoked.
#[derive(Debug)]
pub(crate) struct VerifiedToken(TokenClaims);

/// Proof that a token counts: not revoked, and its client is active and was registered before it.
#[derive(Debug)]
pub(crate) struct LiveToken(TokenClaims);

/// The claims of a token of either profile.
#[derive(Debug, Deserialize)]
pub(crate) struct TokenClaims {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: Value,
    /// In the toolkit's tokens.
    azp: Option<String>,
    /// In those of RFC 9068.
    client_id: Option<String>,
    pub(crate) exp: i64,
    pub(crate) iat: i64,
    pub(crate) nbf: Option<i64>,
    pub(crate) jti: String,
    #[serde(default)]
    pub(crate) scope: String,
    pub(crate) cnf: Option<Value>,
}

/// Why a token cannot be judged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenReadError {
    /// The database.
    #[error("{0}")]
    Database(String),
    /// The database is away.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A published key of ours.
    #[error(transparent)]
    Key(#[from] jose::KeyError),
}

impl VerifiedToken {
    /// Its claims.
    pub(crate) fn claims(&self) -> &TokenClaims {
        &self.0
    }

    /// As it is revoked; kept for as long as anybody could accept it.
    pub(crate) fn to_revoked(&self, skew: i64) -> RevokedToken {
        let accepted_until = self.0.exp.saturating_add(skew);
        RevokedToken {
            jti: self.0.jti.clone(),
            client_id: self.0.client_id().to_owned(),
            expires_at: UtcMicros(accepted_until.saturating_mul(1_000_000)),
        }
    }
}

impl LiveToken {
    /// Its claims.
    pub(crate) fn claims(&self) -> &TokenClaims {
        &self.0
    }
}

impl TokenClaims {
    /// Whose it is.
    pub(crate) fn client_id(&self) -> &str {
        self.client_id.as_deref().or(self.azp.as_deref()).unwrap_or_default()
    }
}

impl Server {
    /// The token behind `compact`, where it is one of ours and has not expired.
    pub(crate) async fn verified_token(
        &self,
        compact: &str,
    ) -> Result<Option<VerifiedToken>, TokenReadError> {
        let Ok(jws) = UnverifiedJws::parse(compact, MAX_BYTES) else { return Ok(None) };
        let keys = self.published_keys.token_keys().await?;
        let keys = KeySet::parse(&format!("{{\"keys\":{keys}}}"))?;
        let Ok(verified) = jws.verify_with_set(&keys) else { return Ok(None) };
        let Ok(claims) = verified.claims::<TokenClaims>() else { return Ok(None) };
        let is_ours = claims.iss == self.issuer && !claims.client_id().is_empty();
        let is_running = self.clock.now().as_second() < claims.exp;
        Ok((is_ours && is_running).then_some(VerifiedToken(claims)))
    }

    /// Whether `token` still counts, asking the database.
    pub(crate) async fn live_token(
        &self,
        token: VerifiedToken,
    ) -> Result<Option<LiveToken>, TokenReadError> {
        let (id, jti) = (token.0.client_id().to_owned(), token.0.jti.clone());
        let (client, is_revoked) = self
            .database
            .read(move |connection| {
                let client = ClientRecord::find(connection, &id)?;
                Ok::<_, DatabaseError>((client, RevokedToken::is_revoked(connection, &jti)?))
            })
            .await?;
        let is_standing = client.is_some_and(|client| {
            // A token from before was issued to another client of this id.
            let registered_at = client.created_at.0.div_euclid(1_000_000);
            client.status == ClientStatus::Active && token.0.iat >= registered_at
        });
        Ok((is_standing && !is_revoked).then_some(LiveToken(token.0)))
    }
}

impl From<&DatabaseError> for TokenReadError {
    fn from(error: &DatabaseError) -> Self {
        match error {
            DatabaseError::Unavailable(reason) => Self::Unavailable(reason.clone()),
            error => Self::Database(error.to_string()),
        }
    }
}

impl From<DatabaseError> for TokenReadError {
    fn from(error: DatabaseError) -> Self {
        Self::from(&error)
    }
}

impl From<std::sync::Arc<DatabaseError>> for TokenReadError {
    fn from(error: std::sync::Arc<DatabaseError>) -> Self {
        Self::from(error.as_ref())
    }
}
