//! Polling for events (RFC 8936 §2, OBIE `OBEventPolling1`).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An error that a receiver reports about a SET (RFC 8936 §2.6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetError {
    /// Code, 1 to 40 characters; any (RFC 8935's registry is open).
    pub err: String,
    /// Text, 1 to 256 characters.
    pub description: String,
}

/// The answer to a poll; members in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PollResponse {
    /// Whether more unacknowledged SETs wait.
    pub more_available: bool,
    /// jti → compact JWS.
    pub sets: BTreeMap<String, String>,
}
