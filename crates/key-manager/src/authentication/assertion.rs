//! Client assertions (RFC 7521 §4.2, RFC 7523 §3): what they must say before anybody looks at the
//! signature. Pure functions of the assertion, the client and the time.

use super::decoy::DecoyKeys;
use super::error::AuthenticationFailure;
use crate::clients::Client;
use jiff::Timestamp;
use jose::{Algorithm, Header, KeySet, UnverifiedJws};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// What a client may sign assertions with that registered no algorithm (FAPI 1 Advanced §8.6).
pub(crate) const ASSERTION_ALGORITHMS: [Algorithm; 2] = [Algorithm::Ps256, Algorithm::Es256];
/// The most bytes of an assertion.
const MAX_BYTES: usize = 16 * 1024;
/// The most bytes of a `jti`.
const MAX_JTI: usize = 255;

/// What every assertion is measured by.
#[derive(Debug)]
pub(crate) struct AssertionRules {
    /// Issuer, which is the token endpoint, and its aliases.
    pub(crate) audiences: Vec<String>,
    /// How far clocks may be off, in seconds.
    pub(crate) skew: i64,
    /// The longest time to `exp`, in seconds, of clients without a cap of their own.
    pub(crate) lifetime_cap: i64,
    /// What a signature is tried with where there is no key of the client to try.
    pub(crate) decoys: DecoyKeys,
}

/// An assertion that was read and nothing more.
#[derive(Debug)]
pub(super) struct UncheckedAssertion {
    jws: UnverifiedJws,
    claims: Claims,
}

/// An assertion that says the right things about the right client; its signature is yet to be
/// verified.
#[derive(Debug)]
pub(super) struct CheckedAssertion {
    jws: UnverifiedJws,
    claims: Claims,
    refused_from: i64,
}

/// An assertion of the client, verified with its key, though perhaps not used for the first time.
#[derive(Debug)]
pub(super) struct VerifiedAssertion {
    /// Its id, byte by byte.
    pub(super) jti: String,
    /// The second from which on it is refused for its age.
    pub(super) refused_from: i64,
}

/// The claims, all of the right type: a claim of another type is not an absent one (CVE-2026-25537).
#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    #[serde(default, deserialize_with = "present")]
    iat: Option<i64>,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<i64>,
    jti: String,
}

/// `aud` (RFC 7519 §4.1.3).
#[derive(Debug)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl UncheckedAssertion {
    /// Reads `compact`.
    pub(super) fn parse(compact: &str) -> Result<Self, AuthenticationFailure> {
        let jws = UnverifiedJws::parse(compact, MAX_BYTES).map_err(|error| match error {
            jose::ParseError::Algorithm => AuthenticationFailure::Algorithm,
            _ => AuthenticationFailure::Jws,
        })?;
        let claims = jws.unverified_claims().map_err(|_| AuthenticationFailure::Claims)?;
        Ok(Self { jws, claims })
    }

    /// Whose assertion it claims to be.
    pub(super) fn subject(&self) -> &str {
        &self.claims.sub
    }

    /// Checks everything but the signature.
    pub(super) fn check(
        self,
        client: &Client,
        rules: &AssertionRules,
        now: Timestamp,
    ) -> Result<CheckedAssertion, AuthenticationFailure> {
        match self.refused_from(client, rules, now) {
            Ok(refused_from) => {
                Ok(CheckedAssertion { jws: self.jws, claims: self.claims, refused_from })
            }
            Err(failure) => Err(self.refuse(rules, failure)),
        }
    }

    /// Refuses the assertion for `failure` after the work that its signature would have been, so that
    /// nobody learns from the clock how far it came (AS-31).
    pub(super) fn refuse(
        self,
        rules: &AssertionRules,
        failure: AuthenticationFailure,
    ) -> AuthenticationFailure {
        rules.decoys.try_on(self.jws);
        failure
    }

    /// The second from which on the assertion is refused for its age.
    fn refused_from(
        &self,
        client: &Client,
        rules: &AssertionRules,
        now: Timestamp,
    ) -> Result<i64, AuthenticationFailure> {
        check_algorithm(self.jws.header().algorithm, client)?;
        check_token_type(self.jws.header().token_type.as_deref())?;
        self.claims.check_identity(client)?;
        self.claims.check_audience(client, rules)?;
        self.claims.check_times(client, rules, now.as_second())
    }
}

impl CheckedAssertion {
    /// Which key it wants.
    pub(super) fn header(&self) -> &Header {
        self.jws.header()
    }

    /// Verifies the signature with a key of the client.
    pub(super) fn verify(
        self,
        keys: &KeySet,
        rules: &AssertionRules,
    ) -> Result<VerifiedAssertion, AuthenticationFailure> {
        if keys.candidates(self.jws.header()).next().is_none() {
            return Err(self.refuse(rules, AuthenticationFailure::Key));
        }
        self.jws.verify_with_set(keys).map_err(|_| AuthenticationFailure::Signature)?;
        Ok(VerifiedAssertion { jti: self.claims.jti, refused_from: self.refused_from })
    }

    /// As [`UncheckedAssertion::refuse`].
    pub(super) fn refuse(
        self,
        rules: &AssertionRules,
        failure: AuthenticationFailure,
    ) -> AuthenticationFailure {
        rules.decoys.try_on(self.jws);
        failure
    }
}

impl Claims {
    fn check_identity(&self, client: &Client) -> Result<(), AuthenticationFailure> {
        if self.iss != client.id.as_str() {
            return Err(AuthenticationFailure::Issuer);
        }
        if self.sub != client.id.as_str() {
            return Err(AuthenticationFailure::Subject);
        }
        if self.jti.is_empty() || self.jti.len() > MAX_JTI {
            return Err(AuthenticationFailure::Claims);
        }
        Ok(())
    }

    /// One value, and it is ours: an assertion that is also meant for somebody else could be used
    /// by them (CVE-2025-27371). FAPI 1 clients that send more need a switch.
    fn check_audience(
        &self,
        client: &Client,
        rules: &AssertionRules,
    ) -> Result<(), AuthenticationFailure> {
        let ours = |audience: &String| rules.audiences.contains(audience);
        let accepted = match &self.aud {
            Audience::One(audience) => ours(audience),
            Audience::Several(audiences) => match audiences.as_slice() {
                [audience] => ours(audience),
                several if client.allow_audience_array => {
                    tracing::info!(
                        target: "audit",
                        event = "assertion_audience_array",
                        outcome = "accepted",
                        client_id = client.id.as_str(),
                    );
                    several.iter().any(ours)
                }
                _ => false,
            },
        };
        if accepted { Ok(()) } else { Err(AuthenticationFailure::Audience) }
    }

    /// The second from which on the assertion is refused. Saturating, so that no number of a client
    /// overflows.
    fn check_times(
        &self,
        client: &Client,
        rules: &AssertionRules,
        now: i64,
    ) -> Result<i64, AuthenticationFailure> {
        let latest = now.saturating_add(rules.skew);
        let refused_from = self.exp.saturating_add(rules.skew);
        let cap = client.assertion_lifetime_cap_seconds.unwrap_or(rules.lifetime_cap);
        if now >= refused_from {
            return Err(AuthenticationFailure::Expired);
        }
        if self.iat.is_some_and(|at| at > latest) || self.nbf.is_some_and(|at| at > latest) {
            return Err(AuthenticationFailure::NotYetValid);
        }
        if self.exp > latest.saturating_add(cap) {
            return Err(AuthenticationFailure::Lifetime);
        }
        Ok(refused_from)
    }
}

fn check_algorithm(algorithm: Algorithm, client: &Client) -> Result<(), AuthenticationFailure> {
    let allowed = match client.assertion_algorithm {
        Some(registered) => algorithm == registered,
        None => ASSERTION_ALGORITHMS.contains(&algorithm),
    };
    if allowed { Ok(()) } else { Err(AuthenticationFailure::Algorithm) }
}

/// An access token, a SET or a request object must not pass for an assertion (RFC 8725 §3.11).
fn check_token_type(token_type: Option<&str>) -> Result<(), AuthenticationFailure> {
    let accepted = token_type.is_none_or(|name| {
        ["JWT", "client-authentication+jwt"].iter().any(|known| name.eq_ignore_ascii_case(known))
    });
    if accepted { Ok(()) } else { Err(AuthenticationFailure::TokenType) }
}

/// Written out because serde's own way to such an enum keeps a copy of the value and tries twice.
impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AudienceVisitor)
    }
}

struct AudienceVisitor;

impl<'de> Visitor<'de> for AudienceVisitor {
    type Value = Audience;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a text or a list of texts")
    }

    fn visit_str<E>(self, audience: &str) -> Result<Audience, E> {
        Ok(Audience::One(audience.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut audiences: A) -> Result<Audience, A::Error> {
        let mut several = Vec::new();
        while let Some(audience) = audiences.next_element()? {
            several.push(audience);
        }
        Ok(Audience::Several(several))
    }
}

/// A number where the member is there at all; `null` is not a number.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    i64::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
