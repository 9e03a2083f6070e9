//! Compact JWS with detached content (RFC 7515 appendix F): the content travels beside it.

use crate::{Algorithm, ParseError, VerificationKey, base64url, from_str_strict};
use serde_json::{Map, Value};
use std::fmt;

/// A well-formed detached JWS nobody has verified yet, its header uninterpreted: which members must
/// be there, `alg` and `crit` included, is for its reader to say.
pub struct DetachedJws {
    members: Map<String, Value>,
    encoded_header: String,
    signature: Vec<u8>,
}

/// The signature is not the key's over the content.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("wrong signature")]
pub struct InvalidSignature;

impl DetachedJws {
    /// Parses `compact`: at most `max_bytes`, a base64url part that is a JSON object without repeated
    /// members, two dots, a base64url part.
    pub fn parse(compact: &str, max_bytes: usize) -> Result<Self, ParseError> {
        if compact.len() > max_bytes {
            return Err(ParseError::TooLong);
        }
        // A further dot stays inside the signature, where it is not base64url.
        let (header, signature) = compact.split_once("..").ok_or(ParseError::Shape)?;
        let decode = |part| base64url::decode(part).ok_or(ParseError::Shape);
        let (json, signature) = (decode(header)?, decode(signature)?);
        if signature.is_empty() {
            return Err(ParseError::Shape);
        }
        let json = std::str::from_utf8(&json).map_err(|_| ParseError::Header)?;
        let members = from_str_strict(json).map_err(|_| ParseError::Header)?;
        Ok(Self { members, encoded_header: header.to_owned(), signature })
    }

    /// The members of the protected header.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// Whether the signature is `key`'s over `content`, byte by byte, with `algorithm`, which is the
    /// caller's choice and not the header's.
    pub fn verify(
        &self,
        algorithm: Algorithm,
        key: &VerificationKey,
        content: &[u8],
    ) -> Result<(), InvalidSignature> {
        let mut input =
            String::with_capacity(self.encoded_header.len() + content.len() * 4 / 3 + 4);
        input.push_str(&self.encoded_header);
        input.push('.');
        base64url::encode_onto(&mut input, content);
        if key.fits(algorithm) && key.verify(algorithm, input.as_bytes(), &self.signature) {
            Ok(())
        } else {
            Err(InvalidSignature)
        }
    }
}

impl fmt::Debug for DetachedJws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DetachedJws").field("members", &self.members).finish_non_exhaustive()
    }
}
