//! The claims of an access token, checked.

use crate::refusal::TokenFault;
use jiff::Timestamp;
use serde::Deserialize;
use service_kit::outbound::HeaderValue;

/// An access token whose signature, issuer, type and audience were verified. Its times and its
/// binding are judged at each use.
#[derive(Debug)]
pub(crate) struct VerifiedToken {
    id: String,
    client_id: HeaderValue,
    scopes: String,
    confirmation: Option<String>,
    issued_at: i64,
    expires_at: i64,
    not_before: Option<i64>,
    key_ring: u64,
}

/// The claims that the gateway reads; an assertion, an id token or a security event token has not
/// all of them. A token without `jti` or `iat` could not be revoked.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: Audience,
    azp: String,
    aut: String,
    jti: String,
    iat: i64,
    exp: i64,
    nbf: Option<i64>,
    #[serde(default)]
    scope: String,
    cnf: Option<Confirmation>,
}

/// RFC 7519 §4.1.3.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// RFC 8705 §3.1.
#[derive(Debug, Deserialize)]
struct Confirmation {
    #[serde(rename = "x5t#S256")]
    x5t_s256: Option<String>,
}

impl Claims {
    /// Checks all that does not depend on the time; `key_ring` is the revision of the keys that
    /// verified the signature.
    pub(super) fn check(self, issuer: &str, key_ring: u64) -> Result<VerifiedToken, TokenFault> {
        if self.iss != issuer {
            return Err(TokenFault::ForeignIssuer);
        }
        if self.aut != "APPLICATION" {
            return Err(TokenFault::WrongType);
        }
        if !self.aud.is_only(&self.azp) {
            return Err(TokenFault::WrongAudience);
        }
        Ok(VerifiedToken {
            id: self.jti,
            client_id: client_id(&self.azp)?,
            scopes: self.scope,
            confirmation: self.cnf.and_then(|confirmation| confirmation.x5t_s256),
            issued_at: self.iat,
            expires_at: self.exp,
            not_before: self.nbf,
            key_ring,
        })
    }
}

impl Audience {
    fn is_only(&self, expected: &str) -> bool {
        match self {
            Self::One(one) => one == expected,
            Self::Several(several) => matches!(several.as_slice(), [one] if one == expected),
        }
    }
}

impl VerifiedToken {
    /// The token's own id.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Seconds since the epoch.
    pub(crate) fn issued_at(&self) -> i64 {
        self.issued_at
    }

    /// The client, printable ASCII.
    pub(crate) fn client_id(&self) -> &str {
        self.client_id.to_str().unwrap_or_default()
    }

    /// The client as a header value.
    pub(crate) fn client_id_header(&self) -> &HeaderValue {
        &self.client_id
    }

    /// Whether the token has the scope.
    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        self.scopes.split(' ').any(|granted| granted == scope)
    }

    /// The thumbprint of the certificate that the token is bound to.
    pub(crate) fn confirmation(&self) -> Option<&str> {
        self.confirmation.as_deref()
    }

    /// Seconds since the epoch after which the token is not accepted, whatever the skew.
    pub(super) fn expires_at(&self) -> i64 {
        self.expires_at
    }

    /// The revision of the keys that verified it.
    pub(super) fn key_ring(&self) -> u64 {
        self.key_ring
    }

    /// Whether the token is valid at `now` (RFC 7519 §4.1.4 and §4.1.5), give or take `skew`.
    pub(super) fn check_times(&self, now: Timestamp, skew: i64) -> Result<(), TokenFault> {
        let now = now.as_second();
        if now >= self.expires_at.saturating_add(skew) {
            return Err(TokenFault::Expired);
        }
        match self.not_before {
            Some(not_before) if now.saturating_add(skew) < not_before => {
                Err(TokenFault::NotYetValid)
            }
            _ => Ok(()),
        }
    }
}

/// What can be a header value and a key of the subscriptions: printable ASCII, at most 256 of it.
fn client_id(azp: &str) -> Result<HeaderValue, TokenFault> {
    if azp.is_empty() || azp.len() > 256 || !azp.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(TokenFault::WrongAudience);
    }
    HeaderValue::from_str(azp).map_err(|_| TokenFault::WrongAudience)
}
