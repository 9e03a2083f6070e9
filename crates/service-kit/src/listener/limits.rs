//! Limits of a listener.

use std::time::Duration;

/// Sizes and times that bound what one client can take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// TLS handshake.
    pub handshake: Duration,
    /// A request head, from the first wait for it on a new connection, from its first byte later.
    pub head: Duration,
    /// Between two pieces of a body.
    pub body_idle: Duration,
    /// A whole body.
    pub body_total: Duration,
    /// Between requests.
    pub keep_alive: Duration,
    /// A client that does not read.
    pub write_stall: Duration,
    /// Age after which the next answer closes the connection.
    pub connection_age: Duration,
    /// Draining at shutdown.
    pub shutdown_grace: Duration,
    /// Bytes of a request head.
    pub head_bytes: usize,
    /// Bytes of a body unless the route says otherwise.
    pub body_bytes: usize,
    /// Connections at a time.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(5),
            head: Duration::from_secs(10),
            body_idle: Duration::from_secs(10),
            body_total: Duration::from_mins(1),
            keep_alive: Duration::from_mins(1),
            write_stall: Duration::from_secs(30),
            connection_age: Duration::from_mins(10),
            shutdown_grace: Duration::from_secs(25),
            head_bytes: 32 * 1024,
            body_bytes: 64 * 1024,
            connections: 10_000,
        }
    }
}
