//! Limits of every TLS listener.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Sizes and times that bound what one client can take.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Seconds for a TLS handshake.
    pub handshake_seconds: u64,
    /// Seconds for a request head.
    pub head_seconds: u64,
    /// Seconds between two pieces of a body.
    pub body_idle_seconds: u64,
    /// Seconds for a whole body.
    pub body_total_seconds: u64,
    /// Seconds that a connection may idle between requests.
    pub keep_alive_seconds: u64,
    /// Seconds until a client that does not read is let go.
    pub write_stall_seconds: u64,
    /// Age in seconds after which the next answer closes a connection.
    pub connection_age_seconds: u64,
    /// Seconds for calls under way to end when the process stops.
    pub shutdown_grace_seconds: u64,
    /// Bytes of a request head.
    pub head_bytes: usize,
    /// Bytes of a request body.
    pub body_bytes: usize,
    /// Connections of a listener at a time.
    pub connections: usize,
}

impl From<&Limits> for service_kit::listener::Limits {
    fn from(limits: &Limits) -> Self {
        Self {
            handshake: Duration::from_secs(limits.handshake_seconds),
            head: Duration::from_secs(limits.head_seconds),
            body_idle: Duration::from_secs(limits.body_idle_seconds),
            body_total: Duration::from_secs(limits.body_total_seconds),
            keep_alive: Duration::from_secs(limits.keep_alive_seconds),
            write_stall: Duration::from_secs(limits.write_stall_seconds),
            connection_age: Duration::from_secs(limits.connection_age_seconds),
            shutdown_grace: Duration::from_secs(limits.shutdown_grace_seconds),
            head_bytes: limits.head_bytes,
            body_bytes: limits.body_bytes,
            connections: limits.connections,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let limits = service_kit::listener::Limits::default();
        Self {
            handshake_seconds: limits.handshake.as_secs(),
            head_seconds: limits.head.as_secs(),
            body_idle_seconds: limits.body_idle.as_secs(),
            body_total_seconds: limits.body_total.as_secs(),
            keep_alive_seconds: limits.keep_alive.as_secs(),
            write_stall_seconds: limits.write_stall.as_secs(),
            connection_age_seconds: limits.connection_age.as_secs(),
            shutdown_grace_seconds: limits.shutdown_grace.as_secs(),
            head_bytes: limits.head_bytes,
            body_bytes: limits.body_bytes,
            connections: limits.connections,
        }
    }
}
