//! Strict compact JWS (RFC 7515 §7.1): parse, verify, read.

use crate::{Algorithm, KeySet, VerificationKey};
use serde::de::DeserializeOwned;

/// The members of a protected header that Lombard reads; all others are ignored, keys included
/// (`jwk`, `jku`, `x5u`, `x5c` never choose a key, CVE-2018-0114).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// `alg`.
    pub algorithm: Algorithm,
    /// `kid`.
    pub key_id: Option<String>,
    /// `typ`.
    pub token_type: Option<String>,
}

/// Why a text is not a compact JWS that could be verified.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// `alg` is none of ours; `none` and the HMAC family included.
    #[error("unsupported algorithm")]
    Algorithm,
    /// The header has `crit`, or is not a JSON object of the expected types, or repeats a member.
    #[error("unusable header")]
    Header,
    /// Not three base64url parts.
    #[error("not a compact JWS")]
    Shape,
    /// Longer than the caller's cap.
    #[error("too long")]
    TooLong,
}

/// Why a JWS was not verified.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerificationError {
    /// The key is not one for the header's algorithm.
    #[error("the key does not fit the algorithm")]
    KeyMismatch,
    /// No key of the set fits the header.
    #[error("no key fits the header")]
    NoKey,
    /// The signature is wrong.
    #[error("wrong signature")]
    Signature,
}

/// Why a payload is not the expected claims: not JSON, a repeated member, or a wrong type.
#[derive(Debug, thiserror::Error)]
#[error("unreadable claims: {0}")]
pub struct ClaimsError(#[from] pub crate::StrictJsonError);

/// A well-formed compact JWS nobody has verified yet.
#[derive(Debug)]
pub struct UnverifiedJws {
    #[expect(dead_code, reason = "read by verify")]
    header: Header,
}

/// A compact JWS whose signature was verified with a key of the caller's choice.
#[derive(Debug)]
pub struct VerifiedJws {
    #[expect(dead_code, reason = "read by claims")]
    payload: Vec<u8>,
}

impl UnverifiedJws {
    /// Parses `compact`: at most `max_bytes`, exactly three unpadded base64url parts, a header
    /// object without repeated members and without `crit`.
    pub fn parse(compact: &str, max_bytes: usize) -> Result<Self, ParseError> {
        let _ = (compact, max_bytes);
        todo!()
    }

    /// The protected header.
    #[must_use]
    pub fn header(&self) -> &Header {
        todo!()
    }

    /// Claims before verification: good for finding out whose key to try, for nothing else.
    pub fn unverified_claims<T: DeserializeOwned>(&self) -> Result<T, ClaimsError> {
        todo!()
    }

    /// Verifies with `key`, whose algorithm or type must fit the header's.
    pub fn verify(self, key: &VerificationKey) -> Result<VerifiedJws, VerificationError> {
        let _ = key;
        todo!()
    }

    /// Verifies with the keys of `keys` that fit the header ([`KeySet::candidates`]).
    pub fn verify_with_set(self, keys: &KeySet) -> Result<VerifiedJws, VerificationError> {
        let _ = keys;
        todo!()
    }
}

impl VerifiedJws {
    /// The protected header.
    #[must_use]
    pub fn header(&self) -> &Header {
        todo!()
    }

    /// The payload bytes as they were signed.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        todo!()
    }

    /// Reads the payload as JSON claims; repeated members are refused at any depth.
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T, ClaimsError> {
        todo!()
    }
}
