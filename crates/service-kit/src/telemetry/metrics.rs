//! Metrics in Prometheus's text format.

use super::TelemetryError;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// What the `metrics` macros have recorded in this process.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

impl Metrics {
    /// Starts recording; once per process.
    pub fn install() -> Result<Self, TelemetryError> {
        let handle = builder()
            .and_then(PrometheusBuilder::install_recorder)
            .map_err(|error| TelemetryError::Installed(error.to_string()))?;
        Ok(Self { handle })
    }

    /// All metrics, as `GET /metrics` answers them.
    #[must_use]
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Gives memory of histograms back that nobody has asked for; to be called every few seconds.
    pub(crate) fn tidy(&self) {
        self.handle.run_upkeep();
    }

    #[cfg(test)]
    pub(crate) fn detached() -> Self {
        let recorder = builder().expect("valid buckets").build_recorder();
        Self { handle: recorder.handle() }
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new()
        .set_buckets(SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_units".to_owned()), UNITS)
}

/// Buckets of histograms whose names end in `_seconds`.
const SECONDS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Buckets of histograms whose names end in `_units`: what one commit wrote at once.
const UNITS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
