//! The listener over real TLS on loopback: who gets in, what is refused, what is let go in time.

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
