//! Keys: those that sign access tokens, and everything published in the JWK set.

mod document;
mod key_set;
mod token_key;

pub(crate) use document::get;
pub(crate) use key_set::PublishedKeys;
pub use token_key::CreateKeyError;
pub(crate) use token_key::{TokenSigner, create, first};
