//! The configuration: every key of `lombard.toml`.

mod certificates;
mod limits;
mod listeners;
mod outbound;

pub use certificates::{Certificates, ServerCertificate};
pub use limits::Limits;
pub use listeners::{Listener, Listeners, Operations};
pub use outbound::Outbound;

use crate::data_directory::DataDirectory;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use service_kit::config::{ConfigError, Sources, load};
use service_kit::telemetry::TelemetryConfig;
use std::path::{Path, PathBuf};

/// Everything that can be configured.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Configuration {
    /// `sandbox` creates what is missing on the first start; `production` creates nothing and refuses unsafe settings.
    pub mode: Mode,
    /// In a sandbox: whether the first start creates certificates, keys and files, or leaves that to commands.
    pub create: bool,
    /// Whether a sandbox's listeners, and the operations listener anywhere, may bind other addresses than loopback ones.
    pub allow_non_loopback: bool,
    /// The TLS listeners.
    pub listeners: Listeners,
    /// The operations listener: health and metrics, plain HTTP.
    pub operations: Operations,
    /// Certificates and whom they are shown to.
    pub certificates: Certificates,
    /// Keys at rest.
    pub keys: Keys,
    /// Where the other roles are, when they run in other processes.
    pub peers: Peers,
    /// Limits of every TLS listener.
    pub limits: Limits,
    /// Calls to addresses that others choose: JWK sets of registered software, revocation lists.
    pub outbound: Outbound,
    /// Logs, on standard error.
    pub telemetry: TelemetryConfig,
    /// The key manager.
    pub key_manager: key_manager::Config,
    /// The event service.
    pub event_service: event_service::Config,
    /// The gateway.
    pub gateway: gateway::Config,
    /// The sandbox directory, which stands in for the Open Banking Directory; sandbox only.
    pub directory: sandbox_directory::Config,
}

/// Whether this is a sandbox or the real thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nothing is created, unsafe settings are refused.
    Production,
    /// Everything is created on the first start.
    #[default]
    Sandbox,
}

/// Keys at rest.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// The key that seals the signing keys kept in the databases, relative to the data directory.
    pub master_key_file: PathBuf,
}

/// Base URLs of roles in other processes; a role of this process is found without.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Peers {
    /// The key manager's internal listener; by default `https://localhost:9449`.
    pub key_manager: Option<String>,
    /// The event service; by default `https://localhost:9447`.
    pub event_service: Option<String>,
}

impl Configuration {
    /// Loads `file` (by default the data directory's `lombard.toml`, where there is one), the
    /// environment and `overrides` (dotted key and TOML value), in that order.
    pub fn load(
        directory: &DataDirectory,
        file: Option<&Path>,
        overrides: &[(String, String)],
    ) -> Result<Self, ConfigError> {
        let default_file = directory.configuration_file();
        let file = file.or_else(|| default_file.exists().then_some(default_file.as_path()));
        load(&Sources {
            file,
            environment: std::env::vars().collect(),
            overrides: overrides.to_vec(),
        })
    }
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            mode: Mode::Sandbox,
            create: true,
            allow_non_loopback: false,
            listeners: Listeners::default(),
            operations: Operations::default(),
            certificates: Certificates::default(),
            keys: Keys::default(),
            peers: Peers::default(),
            limits: Limits::default(),
            outbound: Outbound::default(),
            telemetry: TelemetryConfig::default(),
            key_manager: key_manager::Config::default(),
            event_service: event_service::Config::default(),
            gateway: gateway::Config::default(),
            directory: sandbox_directory::Config::default(),
        }
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self { master_key_file: "keys/master.key".into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use service_kit::config::reference;

    #[test]
    fn the_reference_is_a_configuration_with_every_default() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = DataDirectory::new(temporary.path());
        std::fs::write(directory.configuration_file(), reference::<Configuration>()).unwrap();
        let loaded = Configuration::load(&directory, None, &[]).unwrap();
        let expected = Configuration::default();
        assert_eq!(toml::to_string(&loaded).unwrap(), toml::to_string(&expected).unwrap());
    }

    #[test]
    fn listeners_have_the_documented_ports() {
        let listeners = Listeners::default();
        let ports = [
            listeners.identity.bind.port(),
            listeners.key_manager_internal.bind.port(),
            listeners.api.bind.port(),
            listeners.events.bind.port(),
            listeners.directory.bind.port(),
            Operations::default().bind.port(),
        ];
        assert_eq!(ports, [9446, 9449, 8243, 9447, 9448, 9090]);
    }
}
