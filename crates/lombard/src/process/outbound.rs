//! The client for addresses that others choose.

use super::StartError;
use super::binding::Bound;
use super::role::Role;
use crate::configuration::{Configuration, Mode};
use crate::data_directory::DataDirectory;
use crate::files::read_text;
use service_kit::outbound::{
    Forwarder, GuardedClient, OutboundConfig, PeerError, ServiceClient, ServiceIdentity,
};
use std::collections::BTreeMap;

/// What the roles of a process call their peers with. Clones share, so that a role gets along with
/// them whatever its certificate becomes.
#[derive(Clone, Debug)]
pub struct PeerClients {
    clients: BTreeMap<Role, ServiceClient>,
    forwarders: BTreeMap<Role, Forwarder>,
}

impl PeerClients {
    /// Those that show what `services` have.
    pub fn new(services: &BTreeMap<Role, ServiceIdentity>) -> Result<Self, PeerError> {
        let of = |roles: [Role; 2]| services.iter().filter(move |(role, _)| roles.contains(role));
        Ok(Self {
            clients: of([Role::EventService, Role::Gateway])
                .map(|(role, identity)| Ok((*role, ServiceClient::new(identity)?)))
                .collect::<Result<_, PeerError>>()?,
            forwarders: of([Role::Gateway, Role::KeyManager])
                .map(|(role, identity)| Ok((*role, Forwarder::new(identity)?)))
                .collect::<Result<_, PeerError>>()?,
        })
    }

    /// Those of `role`.
    pub fn client(&self, role: Role) -> &ServiceClient {
        &self.clients[&role]
    }

    /// That of `role`.
    pub fn forwarder(&self, role: Role) -> &Forwarder {
        &self.forwarders[&role]
    }

    /// Has them show what `services` have from now on; those whose identity is unusable keep theirs.
    pub fn replace(&self, services: &BTreeMap<Role, ServiceIdentity>) -> Result<(), PeerError> {
        for (role, client) in &self.clients {
            client.replace_identity(&services[role])?;
        }
        for (role, forwarder) in &self.forwarders {
            forwarder.replace_identity(&services[role])?;
        }
        Ok(())
    }
}

/// Where the directory of a sandbox is, unless it is configured otherwise.
const DEFAULT_IDENTITY: &str = "https://localhost:9446";
const DEFAULT_DIRECTORY: &str = "https://localhost:9448";

/// The base URL of the sandbox's directory: its public one; else that of this process's own
/// listener; else the documented one.
pub fn directory_url(configuration: &Configuration, own: Option<&Bound>) -> String {
    let configured = configuration.listeners.directory.public_url.as_deref();
    let own = own.map(|bound| bound.url.as_str());
    configured.or(own).unwrap_or(DEFAULT_DIRECTORY).trim_end_matches('/').to_owned()
}

/// The address of the key manager's public listener: the configured public one; else that of this
/// process's own listener; else the documented one.
pub fn identity_url(configuration: &Configuration, own: Option<&Bound>) -> String {
    let configured = configuration.listeners.identity.public_url.as_deref();
    let own = own.map(|bound| bound.url.as_str());
    configured.or(own).unwrap_or(DEFAULT_IDENTITY).trim_end_matches('/').to_owned()
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
