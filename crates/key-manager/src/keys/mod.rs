//! Keys: those that sign access tokens, and everything published in the JWK set.

mod document;
mod key_set;
mod rotation;
mod signers;
mod token_key;
mod upkeep;

pub(crate) use document::get;
pub(crate) use key_set::PublishedKeys;
pub(crate) use rotation::{
    LONGEST_PUBLICATION, NewTokenKey, SHORTEST_PUBLICATION, TokenKeyRotation,
};
pub(crate) use signers::TokenSigners;
pub use token_key::CreateKeyError;
