//! A running event service with its peers.

mod answer;
mod independent;
mod key_manager;
mod lossy_way;
mod service;
mod subscriptions;

pub use answer::Answer;
pub use independent::{NotVerified, ReadSet, part, read_set};
pub use key_manager::KeyManagerStandIn;
pub use lossy_way::LossyWay;
pub use service::{IDENTITY, Setup, TestService, signed_by};
pub use subscriptions::{CALLBACK, CALLBACK_URLS, SUBSCRIPTIONS};

/// The documented bank user's header.
pub const BASIC: &str = "Basic YWRtaW5Ad3NvMi5jb206d3NvMjEyMw==";
/// The client that exists in every test.
pub const CLIENT: &str = "9DkUSmVLFOxJDHxev35zfFcJcy4a";
/// Another one.
pub const OTHER_CLIENT: &str = "Ri5Md1jZ8cY6vE3xk0TqWbNsG2ua";
/// A resource id as banks send it.
pub const RESOURCE: &str = "1d80478b-1d18-4e44-8e3b-92cf2a35e4b0";
/// Base path of version 3.
pub const V3: &str = "/api/openbanking/event-notifications";
/// Base path of version 4.
pub const V4: &str = "/api/fs/event-notifications";
/// An event as the toolkit's page shows it.
pub const EVENT: &str =
    r#"{"urn:uk:org:openbanking:events:resource-update":{"resourceID":"1d80478b"}}"#;
/// Where the operator rotates the signing key.
pub const ROTATE: &str = "/internal/v1/set-keys/rotate";
/// Where clients reach the Open Banking API, as links say.
pub const OPEN_BANKING: &str = "https://bank.example";
