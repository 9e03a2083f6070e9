//! JOSE as Lombard needs it: keys, JWK sets, strict compact JWS, thumbprints and sealing.
//!
//! The arithmetic is OpenSSL's with keys parsed once; header, algorithm and JWK vocabulary is
//! `jsonwebtoken`'s. A JWS goes one way: [`UnverifiedJws::parse`] → [`UnverifiedJws::verify`] →
//! [`VerifiedJws::claims`]; there is no path from text to trusted claims that skips a step.

mod algorithm;
mod jws;
mod key_set;
mod sealing;
mod signing_key;
mod strict_json;
mod thumbprint;
mod verification_key;

pub use algorithm::{Algorithm, UnsupportedAlgorithm};
pub use jws::{ClaimsError, Header, ParseError, UnverifiedJws, VerificationError, VerifiedJws};
pub use key_set::KeySet;
pub use sealing::{MasterKey, SealingError};
pub use signing_key::{PublicJwk, SigningHeader, SigningKey};
pub use strict_json::{StrictJsonError, from_str_strict};
pub use thumbprint::{sha256_base64url, toolkit_key_id, toolkit_x5t, x5t, x5t_s256};
pub use verification_key::{KeyError, VerificationKey};
