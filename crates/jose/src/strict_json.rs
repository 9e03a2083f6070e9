//! JSON that means one thing: repeated member names are refused at any depth.

use serde::de::DeserializeOwned;

/// Not JSON, a repeated member, too deep, or not of the expected shape.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StrictJsonError(String);

/// Reads `text` as `T`, refusing repeated members (RFC 7515 §4) and nesting beyond 32.
pub fn from_str_strict<T: DeserializeOwned>(text: &str) -> Result<T, StrictJsonError> {
    let _ = text;
    let _ = StrictJsonError(String::new());
    todo!()
}
