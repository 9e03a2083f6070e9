//! The client for addresses that others choose.

use super::StartError;
use super::binding::Bound;
use crate::configuration::{Configuration, Mode};
use crate::data_directory::DataDirectory;
use crate::files::read_text;
use service_kit::outbound::{GuardedClient, OutboundConfig};

/// Where the directory of a sandbox is, unless it is configured otherwise.
const DEFAULT_DIRECTORY: &str = "https://localhost:9448";

/// The base URL of the sandbox's directory: its public one; else that of this process's own
/// listener; else the documented one.
pub fn directory_url(configuration: &Configuration, own: Option<&Bound>) -> String {
    let configured = configuration.listeners.directory.public_url.as_deref();
    let own = own.map(|bound| bound.url.as_str());
    configured.or(own).unwrap_or(DEFAULT_DIRECTORY).trim_end_matches('/').to_owned()
}

/// A client as section `[outbound]` has it; a sandbox's may also call the sandbox's own directory.
pub fn guarded_client(
    configuration: &Configuration,
    directory: &DataDirectory,
    directory_url: &str,
) -> Result<GuardedClient, StartError> {
    let mut config = OutboundConfig::from(&configuration.outbound);
    let mut roots_pem = String::new();
    for file in &configuration.outbound.ca_files {
        roots_pem.push_str(&read_text(&directory.resolve(file))?);
        roots_pem.push('\n');
    }
    if configuration.mode == Mode::Sandbox {
        config.allowed_origins.push(directory_url.to_owned());
        let own = directory.certificates().public_ca();
        if own.exists() {
            roots_pem.push_str(&read_text(&own)?);
        }
    }
    Ok(GuardedClient::new(&config, &roots_pem)?)
}
