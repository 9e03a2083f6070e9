//! Logs and metrics.
//!
//! Logs go to standard error, one line an event, whatever is in them. A decision that matters is one
//! structured event with target `audit`:
//!
//! ```
//! # let (client_id, interaction_id) = ("c", "i");
//! tracing::info!(
//!     target: "audit", event = "token", outcome = "refused", reason = "assertion_replay",
//!     client_id, interaction_id,
//! );
//! ```
//!
//! Who, what, outcome, reason code and interaction id belong in it; secrets, tokens and assertions
//! never do.

mod line;
mod metrics;

pub use metrics::Metrics;

use self::line::{LineFormat, SpanFields};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::io::IsTerminal;
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt,
};

/// Logs, which go to standard error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TelemetryConfig {
    /// How log events are written; `auto` is text on a terminal and JSON elsewhere.
    pub format: LogFormat,
    /// Which events are written: a level, then `target=level`, separated by commas.
    pub filter: String,
}

/// How log events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// One JSON object a line.
    Json,
    /// `time LEVEL target: message key=value …`.
    Text,
}

/// Why logs or metrics cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryError {
    /// The filter is not one.
    #[error("telemetry filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The process has a log or metrics recorder already.
    #[error("set up already: {0}")]
    Installed(String),
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        // actix-http calls every malformed request of a stranger an error of its own.
        Self {
            format: LogFormat::default(),
            filter: "info,actix_server=warn,actix_http=off".to_owned(),
        }
    }
}

/// Starts writing the process's logs; once per process.
pub fn init(config: &TelemetryConfig) -> Result<(), TelemetryError> {
    subscriber(config, std::io::stderr)?
        .try_init()
        .map_err(|error| TelemetryError::Installed(error.to_string()))
}

fn subscriber<W>(
    config: &TelemetryConfig,
    writer: W,
) -> Result<impl Subscriber + Send + Sync, TelemetryError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let json = match config.format {
        LogFormat::Auto => !std::io::stderr().is_terminal(),
        LogFormat::Json => true,
        LogFormat::Text => false,
    };
    let lines = fmt::layer::<Registry>()
        .event_format(LineFormat { json })
        .fmt_fields(SpanFields)
        .with_writer(writer)
        .with_filter(EnvFilter::try_new(&config.filter)?);
    Ok(tracing_subscriber::registry().with(lines))
}

#[cfg(test)]
mod tests;
