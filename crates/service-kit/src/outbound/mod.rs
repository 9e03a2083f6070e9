//! Calls to others: fixed peers over mutual TLS, guarded addresses, and forwarding.

mod forwarder;
mod guarded;
mod service;

pub use forwarder::{ForwardError, ForwardTarget, Forwarder};
pub use guarded::{GuardedClient, GuardedError};
pub use service::{PeerError, ServiceClient, ServiceIdentity};
