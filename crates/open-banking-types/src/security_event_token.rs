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

/// The claims of a SET of OpenID Shared Signals 1.0, which names its subject in `sub_id` and has
/// neither `sub` nor `exp`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SharedSignalsClaims<Events = OrderedMap<serde_json::Value>> {
    /// Who issued it.
    pub iss: String,
    /// When the SET was issued, seconds.
    pub iat: i64,
    /// The SET's id.
    pub jti: String,
    /// Whom it is for.
    pub aud: String,
    /// The event that caused it; no other event has the same.
    pub txn: String,
    /// When the event happened, seconds.
    pub toe: i64,
    /// Whom or what it is about (RFC 9493).
    pub sub_id: SubjectIdentifier,
    /// Event type → event information, exactly one.
    pub events: Events,
}

/// Whom or what a SET is about (RFC 9493 §3.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "format", rename_all = "lowercase")]
pub enum SubjectIdentifier {
    /// Something that means nothing without an agreement (§3.2.3).
    Opaque {
        /// Its name.
        id: String,
    },
    /// Something with an address (§3.2.7).
    Uri {
        /// The address.
        uri: String,
    },
}

/// Event information kept as the text in which it came.
pub type RawEvents = OrderedMap<Box<RawValue>>;
