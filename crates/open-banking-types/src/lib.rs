//! Wire types of OBIE events, RFC 8417 and RFC 8936; serde only.

pub mod events;
pub mod ordered_map;
pub mod poll_request;
pub mod security_event_token;

pub use ordered_map::OrderedMap;
