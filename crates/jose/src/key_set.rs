//! JWK sets (RFC 7517 §5).

use crate::{Header, KeyError, VerificationKey};

/// Public keys of one party.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    keys: Vec<VerificationKey>,
}

impl KeySet {
    /// A set of `keys`.
    #[must_use]
    pub fn new(keys: Vec<VerificationKey>) -> Self {
        Self { keys }
    }

    /// Reads a JWKS document; keys with `use` other than `sig` are left out, keys of foreign types
    /// or algorithms are left out, private members, weak keys and repeated `kid`s are errors.
    pub fn parse(json: &str) -> Result<Self, KeyError> {
        let _ = json;
        todo!()
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[VerificationKey] {
        &self.keys
    }

    /// The keys to try for `header`: those whose `kid`, else `x5t`, else `x5t#S256` equals the
    /// header's `kid`; without a `kid`, all that fit its algorithm.
    pub fn candidates<'s>(
        &'s self,
        header: &'s Header,
    ) -> impl Iterator<Item = &'s VerificationKey> {
        let _ = header;
        self.keys.iter()
    }
}
