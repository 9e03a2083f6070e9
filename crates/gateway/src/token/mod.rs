//! Access tokens: whose keys, which claims, what is remembered.

mod claims;
mod key_ring;
mod profile;
mod token_keys;
mod verifier;

pub(crate) use claims::VerifiedToken;
pub(crate) use token_keys::TokenKeys;
pub(crate) use verifier::TokenVerifier;
