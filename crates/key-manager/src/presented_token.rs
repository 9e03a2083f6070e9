//! Access tokens that come back: whether they are ours, and whether they still count.

use crate::key_manager::Server;
use crate::store::{ClientRecord, ClientStatus, RevokedToken};
use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use database::{DatabaseError, UtcMicros};
use jose::UnverifiedJws;
use serde::Deserialize;
use serde_json::Value;
use service_kit::errors::wso2::oauth_error;
use std::sync::Arc;

/// The most bytes of a token; ours have far fewer.
const MAX_BYTES: usize = 8 * 1024;

/// An access token that this server issued and that somebody may still accept, since gateways allow
/// for the clock skew after its end; it may be revoked.
#[derive(Debug)]
pub(crate) struct VerifiedToken(TokenClaims);

/// Proof that a token counts: not expired, not revoked, and its client is active and was registered before it.
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

/// Why a token does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenRefusal {
    /// Of a client that is gone or disabled, or of one that had this id before.
    Client,
    /// Past its end, or of another issuer.
    Expired,
    /// Not a token of ours.
    Malformed,
    /// Revoked.
    Revoked,
    /// Not signed by us.
    Signature,
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

    /// Which certificate it is bound to (RFC 8705 §3.1).
    pub(crate) fn certificate_thumbprint(&self) -> Option<&str> {
        self.cnf.as_ref()?.get("x5t#S256")?.as_str()
    }

    /// From when on nobody accepts it, Unix seconds.
    fn accepted_until(&self, skew: i64) -> i64 {
        self.exp.saturating_add(skew)
    }

    /// As it is revoked; kept for as long as anybody could accept it.
    fn to_revoked(&self, skew: i64) -> RevokedToken {
        let accepted_until = self.accepted_until(skew);
        RevokedToken {
            jti: self.jti.clone(),
            client_id: self.client_id().to_owned(),
            expires_at: UtcMicros(accepted_until.saturating_mul(1_000_000)),
        }
    }
}

impl TokenRefusal {
    /// The reason code of log and metric.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Client => "token_client",
            Self::Expired => "token_expired",
            Self::Malformed => "token_malformed",
            Self::Revoked => "token_revoked",
            Self::Signature => "token_signature",
        }
    }
}

impl TokenReadError {
    /// The answer of an OAuth endpoint (RFC 6749 §5.2).
    pub(crate) fn to_answer(&self) -> HttpResponse {
        let Self::Unavailable(_) = self else {
            return oauth_error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                "An unexpected error occurred",
            );
        };
        let mut answer = oauth_error(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "The server cannot look at tokens at the moment",
        );
        let soon = header::HeaderValue::from_static("1");
        answer.headers_mut().insert(header::RETRY_AFTER, soon);
        answer
    }

    /// The reason code of log and metric.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Database(_) | Self::Key(_) => "internal",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

impl Server {
    /// The token behind `compact`, where it is one of ours and ended no longer than the skew ago.
    pub(crate) async fn verified_token(
        &self,
        compact: &str,
    ) -> Result<Result<VerifiedToken, TokenRefusal>, TokenReadError> {
        let Ok(jws) = UnverifiedJws::parse(compact, MAX_BYTES) else {
            return Ok(Err(TokenRefusal::Malformed));
        };
        let keys = self.published_keys.verification_keys().await?;
        let Ok(verified) = jws.verify_with_set(&keys) else {
            return Ok(Err(TokenRefusal::Signature));
        };
        let claims = verified.claims::<TokenClaims>().ok();
        let Some(claims) = claims.filter(|claims| !claims.client_id().is_empty()) else {
            return Ok(Err(TokenRefusal::Malformed));
        };
        let accepted_until = claims.accepted_until(self.assertion_rules.skew);
        if claims.iss != self.issuer || self.clock.now().as_second() >= accepted_until {
            return Ok(Err(TokenRefusal::Expired));
        }
        Ok(Ok(VerifiedToken(claims)))
    }

    /// Whether `token` still counts, asking the database.
    pub(crate) async fn live_token(
        &self,
        token: VerifiedToken,
    ) -> Result<Result<LiveToken, TokenRefusal>, TokenReadError> {
        if self.clock.now().as_second() >= token.0.exp {
            return Ok(Err(TokenRefusal::Expired));
        }
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
        Ok(match (is_standing, is_revoked) {
            (false, _) => Err(TokenRefusal::Client),
            (true, true) => Err(TokenRefusal::Revoked),
            (true, false) => Ok(LiveToken(token.0)),
        })
    }

    /// Revokes `token` durably, and tells those who follow the changes.
    pub(crate) async fn revoke_token(&self, token: &TokenClaims) -> Result<(), DatabaseError> {
        let revoked = token.to_revoked(self.assertion_rules.skew);
        let now = UtcMicros::from(self.clock.now());
        self.database
            .write(move |connection| Ok::<_, DatabaseError>(revoked.record(connection, now)?))
            .await?;
        self.changes.announce();
        Ok(())
    }
}

impl From<DatabaseError> for TokenReadError {
    fn from(error: DatabaseError) -> Self {
        Self::from(Arc::new(error))
    }
}

impl From<Arc<DatabaseError>> for TokenReadError {
    fn from(error: Arc<DatabaseError>) -> Self {
        match error.as_ref() {
            DatabaseError::Unavailable(reason) => Self::Unavailable(reason.clone()),
            error => Self::Database(error.to_string()),
        }
    }
}
