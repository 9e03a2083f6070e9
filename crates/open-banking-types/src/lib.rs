//! Wire types of OBIE events and registration, RFC 8417 and RFC 8936; serde only.

pub mod event_subscriptions;
pub mod events;
pub mod fields;
pub mod members;
pub mod ordered_map;
pub mod poll_request;
pub mod registration;
pub mod security_event_token;
pub mod software_statement;

pub use ordered_map::OrderedMap;
