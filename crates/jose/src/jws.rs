//! Strict compact JWS (RFC 7515 §7.1): parse, verify, read.

use crate::strict_json::object_from_str_strict;
use crate::{Header, KeySet, StrictJsonError, VerificationKey, base64url};
use serde::de::DeserializeOwned;
use std::fmt;

/// A well-formed compact JWS nobody has verified yet.
pub struct UnverifiedJws {
    header: Header,
    payload: Vec<u8>,
    signature: Vec<u8>,
    /// The first two parts and the dot between them, as received.
    signing_input: String,
}

/// A compact JWS whose signature was verified with a key of the caller's choice.
pub struct VerifiedJws {
    header: Header,
    payload: Vec<u8>,
}

/// Why a text is not a compact JWS that could be verified.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// `alg` is none of ours; `none` and the HMAC family included.
    #[error("unsupported algorithm")]
    Algorithm,
    /// The header has a `crit` that is not understood, or is not a JSON object of the expected types, or repeats a member.
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
pub struct ClaimsError(#[from] StrictJsonError);

impl UnverifiedJws {
    /// Parses `compact`: at most `max_bytes`, exactly three unpadded base64url parts, a header
    /// object without repeated members and without `crit`.
    pub fn parse(compact: &str, max_bytes: usize) -> Result<Self, ParseError> {
        Self::parse_understanding(compact, max_bytes, &[])
    }

    /// The same for a reader that understands some extensions, which `crit` may then name.
    pub fn parse_understanding(
        compact: &str,
        max_bytes: usize,
        understood: &[&str],
    ) -> Result<Self, ParseError> {
        if compact.len() > max_bytes {
            return Err(ParseError::TooLong);
        }
        // A fourth part stays inside the signature, where its dot is not base64url: the number of
        // dots costs nothing (CVE-2025-27144, CVE-2025-30204).
        let (header, rest) = compact.split_once('.').ok_or(ParseError::Shape)?;
        let (payload, signature) = rest.split_once('.').ok_or(ParseError::Shape)?;
        let decode = |part| base64url::decode(part).ok_or(ParseError::Shape);
        let signing_input = compact[..=header.len() + payload.len()].to_owned();
        let (header, payload, signature) = (decode(header)?, decode(payload)?, decode(signature)?);
        Ok(Self { header: Header::parse(&header, understood)?, payload, signature, signing_input })
    }

    /// The protected header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Claims before verification: good for finding out whose key to try, for nothing else.
    pub fn unverified_claims<T: DeserializeOwned>(&self) -> Result<T, ClaimsError> {
        read_claims(&self.payload)
    }

    /// Verifies with `key`, whose algorithm or type must fit the header's.
    pub fn verify(self, key: &VerificationKey) -> Result<VerifiedJws, VerificationError> {
        self.check(key)?;
        Ok(self.into_verified())
    }

    /// Verifies with the keys of `keys` that fit the header ([`KeySet::candidates`]).
    pub fn verify_with_set(self, keys: &KeySet) -> Result<VerifiedJws, VerificationError> {
        let mut outcome = Err(VerificationError::NoKey);
        for key in keys.candidates(&self.header) {
            outcome = self.check(key);
            if outcome.is_ok() {
                break;
            }
        }
        outcome.map(|()| self.into_verified())
    }

    fn check(&self, key: &VerificationKey) -> Result<(), VerificationError> {
        let algorithm = self.header.algorithm;
        if !key.fits(algorithm) {
            return Err(VerificationError::KeyMismatch);
        }
        if key.verify(algorithm, self.signing_input.as_bytes(), &self.signature) {
            Ok(())
        } else {
            Err(VerificationError::Signature)
        }
    }

    fn into_verified(self) -> VerifiedJws {
        VerifiedJws { header: self.header, payload: self.payload }
    }
}

impl VerifiedJws {
    /// The protected header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The payload bytes as they were signed.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Reads the payload as JSON claims; repeated members are refused at any depth.
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T, ClaimsError> {
        read_claims(&self.payload)
    }
}

// Neither prints more than its header: the rest is a credential.

impl fmt::Debug for UnverifiedJws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedJws").field("header", &self.header).finish_non_exhaustive()
    }
}

impl fmt::Debug for VerifiedJws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedJws").field("header", &self.header).finish_non_exhaustive()
    }
}

fn read_claims<T: DeserializeOwned>(payload: &[u8]) -> Result<T, ClaimsError> {
    let text = std::str::from_utf8(payload).map_err(|_| StrictJsonError::new("not UTF-8"))?;
    // A claims set is an object (RFC 7519 §7.2 step 10).
    Ok(object_from_str_strict(text)?)
}
