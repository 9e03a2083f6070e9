//! The claims of an access token, checked.

use super::profile::TokenProfile;
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

/// The claims that the gateway reads, of either profile; an assertion, an id token or a security
/// event token has not all of one. A token without `jti` or `iat` could not be revoked.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: Audience,
    /// In the toolkit's tokens, as `aut`.
    azp: Option<String>,
    aut: Option<String>,
    /// In those of RFC 9068, which need `sub` too.
    client_id: Option<String>,
    sub: Option<String>,
    jti: String,
    iat: i64,
    exp: i64,
    nbf: Option<i64>,
    #[serde(default)]
    scope: String,
    cnf: Option<Confirmation>,
}

/// What a token must say to be meant for this gateway.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'e> {
    /// Whose tokens are accepted.
    pub(super) issuer: &'e str,
    /// What `aud` of a token of RFC 9068 must hold; the toolkit's name their client there.
    pub(super) audience: &'e str,
    /// By the token's header.
    pub(super) profile: TokenProfile,
    /// The revision of the keys that verified the signature.
    pub(super) key_ring: u64,
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
    /// Checks all that does not depend on the time.
    pub(super) fn check(self, expected: Expected<'_>) -> Result<VerifiedToken, TokenFault> {
        if self.iss != expected.issuer {
            return Err(TokenFault::ForeignIssuer);
        }
        let client = match expected.profile {
            TokenProfile::Rfc9068 => self.rfc9068_client(expected.audience),
            TokenProfile::Wso2 => self.wso2_client(),
        }?;
        Ok(VerifiedToken {
            client_id: client_id(client)?,
            id: self.jti,
            scopes: self.scope,
            confirmation: self.cnf.and_then(|confirmation| confirmation.x5t_s256),
            issued_at: self.iat,
            expires_at: self.exp,
            not_before: self.nbf,
            key_ring: expected.key_ring,
        })
    }

    /// An application's token, never a user's.
    fn wso2_client(&self) -> Result<&str, TokenFault> {
        let (Some(azp), Some("APPLICATION")) = (&self.azp, self.aut.as_deref()) else {
            return Err(TokenFault::WrongType);
        };
        if self.aud.is_only(azp) { Ok(azp) } else { Err(TokenFault::WrongAudience) }
    }

    /// RFC 9068 §2.2; the subject of a token that no user gave is its client.
    fn rfc9068_client(&self, audience: &str) -> Result<&str, TokenFault> {
        let client = self.client_id.as_deref().ok_or(TokenFault::WrongType)?;
        if self.sub.as_deref() != Some(client) {
            return Err(TokenFault::WrongType);
        }
        if self.aud.holds(audience) { Ok(client) } else { Err(TokenFault::WrongAudience) }
    }
}

impl Audience {
    fn is_only(&self, expected: &str) -> bool {
        match self {
            Self::One(one) => one == expected,
            Self::Several(several) => matches!(several.as_slice(), [one] if one == expected),
        }
    }

    fn holds(&self, expected: &str) -> bool {
        match self {
            Self::One(one) => one == expected,
            Self::Several(several) => several.iter().any(|one| one == expected),
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
fn client_id(text: &str) -> Result<HeaderValue, TokenFault> {
    if text.is_empty() || text.len() > 256 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(TokenFault::WrongAudience);
    }
    HeaderValue::from_str(text).map_err(|_| TokenFault::WrongAudience)
}
