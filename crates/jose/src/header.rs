//! Protected headers (RFC 7515 §4), read and written.

use crate::{Algorithm, KeyError, ParseError, from_str_strict};
use serde_json::{Map, Value};

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

/// The members of a protected header beside `alg`, which the key supplies. Written in the order
/// `x5t`, `kid`, `typ`, the extras, `alg`: the toolkit's.
#[derive(Clone, Debug, Default)]
pub struct SigningHeader {
    /// `x5t`.
    pub x5t: Option<String>,
    /// `kid`.
    pub key_id: Option<String>,
    /// `typ`.
    pub token_type: Option<String>,
    /// Further members, `crit` included.
    pub extra: Map<String, Value>,
}

impl Header {
    /// Reads the decoded first part of a compact JWS.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, ParseError> {
        let json = std::str::from_utf8(json).map_err(|_| ParseError::Header)?;
        let members: Map<String, Value> = from_str_strict(json).map_err(|_| ParseError::Header)?;
        // Lombard understands no extension, so that every crit names one it does not understand
        // (RFC 7515 §4.1.11); b64 (RFC 7797) changes what is signed and is refused even without.
        if members.contains_key("crit") || members.contains_key("b64") {
            return Err(ParseError::Header);
        }
        let algorithm = text(&members, "alg")?.ok_or(ParseError::Header)?;
        Ok(Self {
            algorithm: algorithm.parse().map_err(|_| ParseError::Algorithm)?,
            key_id: text(&members, "kid")?.map(str::to_owned),
            token_type: text(&members, "typ")?.map(str::to_owned),
        })
    }
}

impl SigningHeader {
    /// The header's JSON, `alg` last.
    pub(crate) fn to_json(&self, algorithm: Algorithm) -> Result<String, KeyError> {
        let named = [("x5t", &self.x5t), ("kid", &self.key_id), ("typ", &self.token_type)];
        if named.iter().any(|(name, _)| self.extra.contains_key(*name))
            || self.extra.contains_key("alg")
        {
            return Err(KeyError::Malformed("a header member given twice"));
        }
        let mut members = Map::new();
        for (name, value) in named {
            members.extend(value.clone().map(|value| (name.to_owned(), Value::String(value))));
        }
        members.extend(self.extra.clone());
        members.insert("alg".to_owned(), Value::from(algorithm.as_str()));
        Ok(Value::Object(members).to_string())
    }
}

/// A text member of at most 255 bytes; one of another type or longer is an error.
fn text<'m>(members: &'m Map<String, Value>, name: &str) -> Result<Option<&'m str>, ParseError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if text.len() <= MAX_TEXT => Ok(Some(text)),
        Some(_) => Err(ParseError::Header),
    }
}

const MAX_TEXT: usize = 255;
