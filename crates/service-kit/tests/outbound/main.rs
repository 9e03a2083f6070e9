//! Calls to others over real sockets and real TLS on loopback.

mod forwarder_answers;
mod forwarder_requests;
mod front;
mod guarded_client;
mod peer;
mod service_client;
mod upstream;
