//! Wire types of OBIE events, RFC 8417 and RFC 8936; serde only.

pub mod events;
pub mod security_event_token;
