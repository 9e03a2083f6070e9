//! Protected headers (RFC 7515 §4), read and written.

use crate::strict_json::object_from_str_strict;
use crate::{Algorithm, KeyError, ParseError};
use serde::de::{Error, IgnoredAny};
use serde::{Deserialize, Deserializer};
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

/// What [`Header`] is made of, as it stands there.
#[derive(Deserialize)]
struct Members {
    #[serde(default, deserialize_with = "text")]
    alg: Option<String>,
    #[serde(default, deserialize_with = "text")]
    kid: Option<String>,
    #[serde(default, deserialize_with = "text")]
    typ: Option<String>,
    #[serde(default, rename = "crit", deserialize_with = "present")]
    has_crit: bool,
    #[serde(default, rename = "b64", deserialize_with = "present")]
    has_b64: bool,
}

impl Header {
    /// Reads the decoded first part of a compact JWS whose `crit` may name what is `understood`.
    pub(crate) fn parse(json: &[u8], understood: &[&str]) -> Result<Self, ParseError> {
        let json = std::str::from_utf8(json).map_err(|_| ParseError::Header)?;
        let members: Members = object_from_str_strict(json).map_err(|_| ParseError::Header)?;
        // b64 (RFC 7797) changes what is signed and is refused even without crit.
        if members.has_b64 || (members.has_crit && !is_understood(json, understood)) {
            return Err(ParseError::Header);
        }
        let algorithm = members.alg.ok_or(ParseError::Header)?;
        Ok(Self {
            algorithm: algorithm.parse().map_err(|_| ParseError::Algorithm)?,
            key_id: members.kid,
            token_type: members.typ,
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

/// A text of at most 255 bytes; `null` is no text.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.len() <= MAX_TEXT { Ok(Some(text)) } else { Err(D::Error::custom("too long")) }
}

/// True for a member that is there, whatever it holds.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// Whether the `crit` of a header names nothing but members that are there and understood, each once
/// (RFC 7515 §4.1.11).
fn is_understood(json: &str, understood: &[&str]) -> bool {
    let Ok(members) = object_from_str_strict::<Map<String, Value>>(json) else { return false };
    let Some(Value::Array(names)) = members.get("crit") else { return false };
    !names.is_empty()
        && names.iter().enumerate().all(|(at, name)| {
            let known = name
                .as_str()
                .is_some_and(|name| understood.contains(&name) && members.contains_key(name));
            known && !names[..at].contains(name)
        })
}

const MAX_TEXT: usize = 255;
