//! The registration request: a JWT that the software signs.

use super::body::RequestBody;
use super::error::{RegisterError, invalid};
use super::software_keys::SoftwareKeys;
use super::{STATEMENT_ALGORITHMS, Times};
use jose::UnverifiedJws;
use open_banking_types::registration::RegistrationRequest;
use serde_json::{Map, Value};

/// A request that was read and nothing more: whose keys to try follows from it, and nothing else.
#[derive(Debug)]
pub(super) struct UnverifiedRequest {
    jws: UnverifiedJws,
    claims: RegistrationRequest,
}

/// A request that the software signed with a key in use, and that is neither old nor of the future;
/// it may have been used before.
#[derive(Debug)]
pub(super) struct VerifiedRequest {
    /// What it asks for.
    pub(super) claims: RegistrationRequest,
    /// The second from which on it is refused for its age.
    pub(super) refused_from: i64,
}

impl UnverifiedRequest {
    /// Parses the JWS and its claims strictly.
    pub(super) fn parse(body: &RequestBody) -> Result<Self, RegisterError> {
        Self::read(body.compact())
    }

    /// Reads what a body holds.
    pub(super) fn read(compact: &str) -> Result<Self, RegisterError> {
        let jws = UnverifiedJws::parse(compact, compact.len()).map_err(|error| match error {
            jose::ParseError::Algorithm => RegisterError::RequestAlgorithm,
            _ => RegisterError::MalformedRequest,
        })?;
        if !STATEMENT_ALGORITHMS.contains(&jws.header().algorithm) {
            return Err(RegisterError::RequestAlgorithm);
        }
        if !super::is_jwt(jws.header()) {
            return Err(RegisterError::MalformedRequest);
        }
        let claims: Map<String, Value> =
            jws.unverified_claims().map_err(|_| RegisterError::MalformedRequest)?;
        let claims = RegistrationRequest::read(claims).map_err(RegisterError::Member)?;
        Ok(Self { jws, claims })
    }

    /// What it says, whoever says it.
    pub(super) fn unverified_claims(self) -> RegistrationRequest {
        self.claims
    }

    /// The software statement in it.
    pub(super) fn software_statement(&self) -> &str {
        &self.claims.software_statement
    }

    /// Verifies the signature, then the times.
    pub(super) fn verify(
        self,
        keys: &SoftwareKeys,
        times: &Times,
    ) -> Result<VerifiedRequest, RegisterError> {
        self.jws.verify_with_set(keys.usable()).map_err(|_| RegisterError::RequestSignature)?;
        let claims = self.claims;
        let refused_from = claims.exp.saturating_add(times.skew);
        let latest = times.now.saturating_add(times.skew);
        if times.now >= refused_from || claims.exp > latest.saturating_add(times.lifetime_cap) {
            return Err(invalid("exp"));
        }
        if claims.iat > latest {
            return Err(invalid("iat"));
        }
        if claims.jti.len() > MAX_JTI {
            return Err(invalid("jti"));
        }
        Ok(VerifiedRequest { claims, refused_from })
    }
}

const MAX_JTI: usize = 255;
