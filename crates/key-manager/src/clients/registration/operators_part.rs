//! What an operator sets of a client that registered itself.

use super::{Fields, RegistrationError, at, lifetime_cap};
use crate::store::ClientRecord;
use serde_json::{Map, Value};

/// `known` with the operator's members of the JSON text. What the software registered by its
/// statement is its own to change: members that say the same as what is `shown` are let through, so
/// that what was read can be sent back with one member changed; others are refused.
pub(crate) fn with_operators_part(
    json: &str,
    known: &ClientRecord,
    shown: &Map<String, Value>,
) -> Result<ClientRecord, RegistrationError> {
    let mut fields = Fields::parse(json)?;
    let changed = ClientRecord {
        assertion_lifetime_cap_seconds: lifetime_cap(&mut fields)?,
        allow_audience_array: fields.take("allow_audience_array")?.unwrap_or(false),
        ..known.clone()
    };
    let mut others = fields.0.into_iter().filter(|(_, value)| !value.is_null());
    match others.find(|(name, value)| shown.get(name) != Some(value)) {
        Some((name, _)) => Err(at(&name, "is not an operator's to change")),
        None => Ok(changed),
    }
}
