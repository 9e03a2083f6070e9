//! Mechanism of services, and nothing of what they serve: TLS listener with every limit, client
//! certificates, HTTP clients, error envelopes, configuration, telemetry, health, shutdown.

pub mod access;
pub mod client_certificate;
pub mod clock;
pub mod config;
pub mod errors;
pub mod failure_limit;
pub mod health;
pub mod interaction_id;
pub mod listener;
pub mod operations;
pub mod outbound;
pub mod random;
pub mod shutdown;
pub mod telemetry;
pub mod trust_store;

pub use client_certificate::{
    CertificateRejection, ClientCertificate, DistinguishedName, PresentedCertificate,
};
pub use clock::{Clock, SharedClock, SystemClock};
pub use interaction_id::InteractionId;
pub use random::{Random, SharedRandom, SystemRandom, base62};
pub use trust_store::TrustStore;
