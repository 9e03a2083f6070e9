//! Calls to others: fixed peers over mutual TLS, guarded addresses, and forwarding.

mod connection;
mod feed;
mod forwarder;
mod guarded;
mod service;
mod tls;

pub use connection::{Connection, Connector};
pub use feed::{FeedFollower, FeedFreshness, FeedNews, FeedSource};
pub use forwarder::{ForwardError, ForwardTarget, Forwarder, end_to_end_headers};
pub use guarded::{GuardedAnswer, GuardedClient, GuardedError, NameLookup, OutboundConfig};
pub use http::header::{HeaderMap, HeaderName, HeaderValue};
pub use service::{PeerError, ServiceClient, ServiceIdentity};
