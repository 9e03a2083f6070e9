//! The gateway over real TLS on loopback, between a client, an upstream that records and a stand-in
//! for the key manager.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod audit;
mod authenticate;
mod bind;
mod certificate_calls;
mod clients;
mod declarative;
mod definitions;
mod errors;
mod forward;
mod harness;
mod route;
mod subscribe_and_scope;
mod upstream_faults;
