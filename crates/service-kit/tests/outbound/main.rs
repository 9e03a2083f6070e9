//! Calls to others over real sockets and real TLS on loopback.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod feed;
mod forwarder_answers;
mod forwarder_requests;
mod front;
mod guarded_client;
mod peer;
mod service_client;
mod upstream;
