//! Polling for events (RFC 8936 §2, OBIE `OBEventPolling1` and `OBEventPollingResponse1`).

use crate::OrderedMap;
use serde::{Deserialize, Serialize};

/// An error that a receiver reports about a SET (RFC 8936 §2.6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetError {
    /// Code, 1 to 40 characters; any (RFC 8935's registry is open).
    pub err: String,
    /// Text, 1 to 256 characters.
    pub description: String,
}

/// A poll as a receiver sends it; absent members take the transmitter's defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PollRequest {
    /// The most SETs to return; 0 asks for none (RFC 8936 §2.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_events: Option<u64>,
    /// Whether to answer at once, even without events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_immediately: Option<bool>,
    /// Ids of SETs that the receiver has taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ack: Vec<String>,
    /// Ids of SETs that the receiver could not use, and why.
    #[serde(skip_serializing_if = "OrderedMap::is_empty")]
    pub set_errs: OrderedMap<SetError>,
}

/// The answer to a poll; members in this order, `sets` oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PollResponse {
    /// Whether more unacknowledged SETs wait.
    pub more_available: bool,
    /// jti → compact JWS.
    pub sets: OrderedMap<String>,
}

/// Limits of `OBEventPolling1` (OBIE events specification 3.1.10), in characters.
pub mod limits {
    /// An id in `ack` or `setErrs`.
    pub const JTI: usize = 128;
    /// `err`.
    pub const ERR: usize = 40;
    /// `description`.
    pub const DESCRIPTION: usize = 256;
}
