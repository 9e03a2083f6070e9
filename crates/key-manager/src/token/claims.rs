//! The claims of an access token, in both shapes.

use crate::config::{AccessTokenProfile, Config};
use serde::Serialize;

/// What a token says, whatever its shape.
#[derive(Debug)]
pub(super) struct Grant<'t> {
    pub(super) issuer: &'t str,
    pub(super) client_id: &'t str,
    pub(super) scope: &'t str,
    pub(super) jti: &'t str,
    /// The thumbprint of the certificate that the token is bound to.
    pub(super) x5t_s256: &'t str,
    /// Seconds since the epoch.
    pub(super) now: i64,
    /// `iat`, seconds since the epoch.
    pub(super) issued_at: i64,
}

/// The toolkit's claims in the toolkit's order.
#[derive(Serialize)]
struct Wso2Claims<'t> {
    sub: &'t str,
    aut: &'static str,
    aud: &'t str,
    azp: &'t str,
    nbf: i64,
    iss: &'t str,
    exp: i64,
    iat: i64,
    scope: &'t str,
    jti: &'t str,
    cnf: Confirmation<'t>,
}

/// RFC 9068 §2.2.
#[derive(Serialize)]
struct Rfc9068Claims<'t> {
    iss: &'t str,
    exp: i64,
    aud: &'t str,
    /// The client: no user takes part.
    sub: &'t str,
    client_id: &'t str,
    iat: i64,
    jti: &'t str,
    scope: &'t str,
    cnf: Confirmation<'t>,
}

/// Whose token it is (RFC 8705 §3.1).
#[derive(Serialize)]
struct Confirmation<'t> {
    #[serde(rename = "x5t#S256")]
    x5t_s256: &'t str,
}

impl Grant<'_> {
    /// The claims as `config` wants them, in JSON.
    pub(super) fn claims(&self, config: &Config) -> Result<Vec<u8>, serde_json::Error> {
        match config.access_token_profile {
            AccessTokenProfile::Rfc9068 => serde_json::to_vec(&self.rfc9068(config)),
            AccessTokenProfile::Wso2 => serde_json::to_vec(&self.wso2(config)),
        }
    }

    fn wso2<'t>(&'t self, config: &'t Config) -> Wso2Claims<'t> {
        Wso2Claims {
            sub: &config.token_subject,
            aut: "APPLICATION",
            aud: self.client_id,
            azp: self.client_id,
            nbf: self.now,
            iss: self.issuer,
            exp: self.expires_at(config),
            iat: self.issued_at,
            scope: self.scope,
            jti: self.jti,
            cnf: Confirmation { x5t_s256: self.x5t_s256 },
        }
    }

    fn rfc9068<'t>(&'t self, config: &'t Config) -> Rfc9068Claims<'t> {
        Rfc9068Claims {
            iss: self.issuer,
            exp: self.expires_at(config),
            aud: config.access_token_audience.as_deref().unwrap_or(self.issuer),
            sub: self.client_id,
            client_id: self.client_id,
            iat: self.issued_at,
            jti: self.jti,
            scope: self.scope,
            cnf: Confirmation { x5t_s256: self.x5t_s256 },
        }
    }

    fn expires_at(&self, config: &Config) -> i64 {
        self.now.saturating_add(config.token_lifetime_seconds.into())
    }
}
