//! Security event tokens (RFC 8417).

use crate::OrderedMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The claims of a SET in the order of WSO2's toolkit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetClaims<Events = OrderedMap<serde_json::Value>> {
    /// Whom the SET is about: the client id, or the URL of a resource.
    pub sub: String,
    /// Whom it is for: the client id.
    pub aud: String,
    /// Who issued it.
    pub iss: String,
    /// The transaction that caused it; the same at every delivery.
    pub txn: String,
    /// When the event happened: seconds, or milliseconds in the toolkit's profile.
    pub toe: i64,
    /// When the SET was issued, seconds.
    pub iat: i64,
    /// The SET's id, at most 128 characters.
    pub jti: String,
    /// Event type → event information.
    pub events: Events,
}

/// Event information kept as the text in which it came.
pub type RawEvents = OrderedMap<Box<RawValue>>;
