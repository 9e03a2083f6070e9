//! The client for addresses that others choose.

use super::StartError;
use crate::configuration::{Configuration, Mode};
use crate::data_directory::DataDirectory;
use crate::files::read_text;
use service_kit::outbound::{GuardedClient, OutboundConfig};

/// Where the directory of a sandbox is, unless it is configured otherwise.
const DEFAULT_DIRECTORY: &str = "https://localhost:9448";

/// A client as section `[outbound]` has it; a sandbox's may also call the sandbox's own directory.
pub fn guarded_client(
    configuration: &Configuration,
    directory: &DataDirectory,
) -> Result<GuardedClient, StartError> {
    let mut config = OutboundConfig::from(&configuration.outbound);
    let mut roots_pem = String::new();
    for file in &configuration.outbound.ca_files {
        roots_pem.push_str(&read_text(&directory.resolve(file))?);
        roots_pem.push('\n');
    }
    if configuration.mode == Mode::Sandbox {
        config.allowed_origins.push(DEFAULT_DIRECTORY.to_owned());
        let own = directory.certificates().public_ca();
        if own.exists() {
            roots_pem.push_str(&read_text(&own)?);
        }
    }
    Ok(GuardedClient::new(&config, &roots_pem)?)
}
