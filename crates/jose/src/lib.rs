//! JOSE as Lombard needs it: keys, JWK sets, strict compact JWS, thumbprints and sealing.
//!
//! The arithmetic is OpenSSL's with keys parsed once. A JWS goes one way: [`UnverifiedJws::parse`] →
//! [`UnverifiedJws::verify`] → [`VerifiedJws::claims`]; there is no path from text to trusted claims
//! that skips a step.

mod algorithm;
mod base64url;
mod detached_jws;
mod header;
mod jwk;
mod jws;
mod key_set;
mod public_key;
mod roca;
mod sealing;
mod signature;
mod signing_key;
mod strict_json;
mod thumbprint;
mod verification_key;

pub use algorithm::{Algorithm, UnsupportedAlgorithm};
pub use detached_jws::{DetachedJws, InvalidSignature};
pub use header::{Header, SigningHeader};
pub use jwk::PublicJwk;
pub use jws::{ClaimsError, ParseError, UnverifiedJws, VerificationError, VerifiedJws};
pub use key_set::KeySet;
pub use sealing::{MasterKey, SealingError};
pub use signing_key::{Signer, SigningKey};
pub use strict_json::{StrictJsonError, from_str_strict};
pub use thumbprint::{
    equal_in_constant_time, sha256, sha256_base64url, toolkit_key_id, toolkit_x5t, x5t, x5t_s256,
};
pub use verification_key::{KeyError, VerificationKey};

/// Name and version of the library that does the arithmetic.
#[must_use]
pub fn library_version() -> &'static str {
    openssl::version::version()
}
