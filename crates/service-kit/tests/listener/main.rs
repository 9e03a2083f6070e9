//! The listener over real TLS on loopback: who gets in, what is refused, what is let go in time.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod access;
mod certificates;
mod client;
mod framing;
mod interaction_id;
mod limits;
mod reload;
mod server;
mod sessions;
mod shutdown;
mod suites;
mod trust_parts;
