//! JWK sets (RFC 7517 §5).

use crate::jwk::ReceivedJwk;
use crate::{Header, KeyError, VerificationKey, from_str_strict};
use serde_json::{Map, Value};
use std::collections::HashSet;

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
        let mut document: Map<String, Value> =
            from_str_strict(json).map_err(|_| KeyError::Malformed("not a JSON object"))?;
        let Some(Value::Array(members)) = document.remove("keys") else {
            return Err(KeyError::Malformed("keys"));
        };
        // One signature without a kid may have to be tried with all of them.
        if members.len() > MAX_KEYS {
            return Err(KeyError::Malformed("more than 100 keys"));
        }
        let mut keys = Vec::with_capacity(members.len());
        for member in members {
            let Value::Object(member) = member else {
                return Err(KeyError::Malformed("keys"));
            };
            keys.extend(VerificationKey::from_received(&ReceivedJwk::new(member)?)?);
        }
        check_key_ids(&keys)?;
        Ok(Self { keys })
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
        let wanted = header.key_id.as_deref();
        let name = NAMES.iter().find(|name| self.keys.iter().any(|key| name(key) == wanted));
        self.keys.iter().filter(move |key| match wanted {
            None => key.fits(header.algorithm),
            Some(_) => name.is_some_and(|name| name(key) == wanted),
        })
    }
}

fn check_key_ids(keys: &[VerificationKey]) -> Result<(), KeyError> {
    let mut seen = HashSet::new();
    if keys.iter().filter_map(VerificationKey::key_id).all(|key_id| seen.insert(key_id)) {
        Ok(())
    } else {
        Err(KeyError::RepeatedKeyId)
    }
}

/// What a header's `kid` may name, in this order.
const NAMES: [fn(&VerificationKey) -> Option<&str>; 3] =
    [VerificationKey::key_id, VerificationKey::x5t, VerificationKey::x5t_s256];

const MAX_KEYS: usize = 100;
