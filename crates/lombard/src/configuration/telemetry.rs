//! Logs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Logs go to standard error.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// `auto` writes text to a terminal and JSON elsewhere.
    pub log_format: LogFormat,
    /// What is logged, as in `info,gateway=debug`.
    pub log_filter: String,
}

/// How log events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// One JSON object a line.
    Json,
    /// Text.
    Text,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { log_format: LogFormat::Auto, log_filter: "info".to_owned() }
    }
}
