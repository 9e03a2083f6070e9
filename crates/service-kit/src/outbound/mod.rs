//! Calls to others: fixed peers over mutual TLS, guarded addresses, and forwarding.

mod forwarder;
mod guarded;
mod service;

pub use forwarder::{ForwardError, ForwardTarget, Forwarder, end_to_end_headers};
pub use guarded::{GuardedAnswer, GuardedClient, GuardedError, OutboundConfig};
pub use http::header::{HeaderMap, HeaderName, HeaderValue};
pub use service::{PeerError, ServiceClient, ServiceIdentity};
