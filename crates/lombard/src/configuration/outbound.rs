//! Calls to addresses that others choose.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use service_kit::outbound::OutboundConfig;
use std::path::PathBuf;

/// What may be called outside, and whom to trust there.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Outbound {
    /// Origins such as `https://localhost:9448` that may be called whatever their address and port; a sandbox adds its directory's.
    pub allowed_origins: Vec<String>,
    /// Ports that may be called otherwise.
    pub allowed_ports: Vec<u16>,
    /// Bytes of an answer, above which it is refused.
    pub answer_limit_bytes: usize,
    /// Certificates of issuers to trust beside the system's, relative to the data directory; a sandbox adds its own server CA.
    pub ca_files: Vec<PathBuf>,
    /// Seconds until a connection must be there, its name looked up and TLS agreed.
    pub connect_timeout_seconds: u32,
    /// Seconds until a whole answer must be there.
    pub timeout_seconds: u32,
}

impl From<&Outbound> for OutboundConfig {
    fn from(outbound: &Outbound) -> Self {
        Self {
            allowed_origins: outbound.allowed_origins.clone(),
            allowed_ports: outbound.allowed_ports.clone(),
            answer_limit_bytes: outbound.answer_limit_bytes,
            connect_timeout_seconds: outbound.connect_timeout_seconds,
            timeout_seconds: outbound.timeout_seconds,
        }
    }
}

impl Default for Outbound {
    fn default() -> Self {
        let defaults = OutboundConfig::default();
        Self {
            allowed_origins: defaults.allowed_origins,
            allowed_ports: defaults.allowed_ports,
            answer_limit_bytes: defaults.answer_limit_bytes,
            ca_files: Vec::new(),
            connect_timeout_seconds: defaults.connect_timeout_seconds,
            timeout_seconds: defaults.timeout_seconds,
        }
    }
}
