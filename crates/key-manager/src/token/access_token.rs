//! The access token: a JWT of the configured shape, bound to the client's certificate.

use super::claims::Grant;
use super::error::TokenError;
use super::scope::GrantedScopes;
use crate::authentication::AuthenticatedClient;
use crate::key_manager::Server;
use actix_web::HttpResponse;
use actix_web::http::header;
use serde::Serialize;

/// A token that was issued.
pub(super) struct IssuedToken {
    access_token: String,
    scope: String,
    expires_in: u32,
    /// For the log.
    pub(super) client_id: String,
    /// For the log.
    pub(super) jti: String,
}

/// The members of a successful answer (RFC 6749 §5.1), in the order of the toolkit's.
#[derive(Serialize)]
struct TokenAnswer<'t> {
    access_token: &'t str,
    scope: &'t str,
    token_type: &'static str,
    expires_in: u32,
}

impl Server {
    /// Signs a token for the client; on this worker, where it costs less than in a pool.
    pub(super) fn issue(
        &self,
        client: &AuthenticatedClient,
        scopes: &GrantedScopes,
    ) -> Result<IssuedToken, TokenError> {
        let client_id = client.client().id.as_str();
        let at = self.clock.now();
        let jti = self.random.uuid_v4().hyphenated().to_string();
        let internal = |error: String| TokenError::Internal(error);
        let grant = Grant {
            issuer: &self.issuer,
            client_id,
            scope: scopes.as_str(),
            jti: &jti,
            x5t_s256: client.x5t_s256(),
            now: at.as_second(),
            issued_at: client.client().issue_time(at.as_second(), self.assertion_rules.skew),
        };
        let claims = grant.claims(&self.config).map_err(|error| internal(error.to_string()))?;
        let signer =
            self.token_signers.at(at).ok_or_else(|| internal("no token key".to_owned()))?;
        let access_token = signer
            .sign(self.config.access_token_profile, &claims)
            .map_err(|error| internal(error.to_string()))?;
        Ok(IssuedToken {
            access_token,
            scope: scopes.as_str().to_owned(),
            expires_in: self.config.token_lifetime_seconds,
            client_id: client_id.to_owned(),
            jti,
        })
    }
}

impl IssuedToken {
    /// What was granted.
    pub(super) fn scope(&self) -> &str {
        &self.scope
    }

    /// The answer; never to be stored (RFC 6749 §5.1).
    pub(super) fn into_answer(self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::PRAGMA, "no-cache"))
            .json(TokenAnswer {
                access_token: &self.access_token,
                scope: &self.scope,
                token_type: "Bearer",
                expires_in: self.expires_in,
            })
    }
}
