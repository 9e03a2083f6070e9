//! The composition root: one process that serves one role or several.
//!
//! The ports are taken first, because the base URLs follow from them; then the roles start, then
//! the listeners answer, and when every gate is open `run/ready.json` says so. Stopping goes the
//! other way: not ready, public listeners drained, internal ones after them, so that a call under
//! way finds the roles behind it still there.

mod binding;
mod checks;
mod databases;
mod material;
mod outbound;
mod registration;
mod reload;
mod revocation;
mod role;
mod roles;
mod running;
mod signals;

pub use databases::{DatabaseProblem, RoleDatabase};
pub use material::{MaterialError, master_key};
pub use role::{Role, Roles};
pub use running::{Process, StopError};
pub use signals::Signals;

use crate::configuration::Configuration;
use crate::data_directory::DataDirectory;
use crate::files::{FileError, remove_if_present};
use binding::{BindError, Binder, BoundListeners};
use material::Material;
use reload::Reloader;
use revocation::RevocationFetcher;
use roles::StartedRoles;
use service_kit::health::Readiness;
use service_kit::telemetry::Metrics;
use service_kit::{SharedClock, SharedRandom};

/// What a process is started with.
#[derive(Clone, Debug)]
pub struct ProcessOptions {
    /// Where its files are.
    pub directory: DataDirectory,
    /// Its configuration.
    pub configuration: Configuration,
    /// What it serves.
    pub roles: Roles,
    /// The time.
    pub clock: SharedClock,
    /// Chance.
    pub random: SharedRandom,
    /// What the operations listener shows.
    pub metrics: Metrics,
}

/// Why a process did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error(transparent)]
    Database(#[from] DatabaseProblem),
    #[error("the directory's authority: {0}")]
    Authority(#[from] crate::certificate_tree::TreeError),
    #[error("the directory cannot start: {0}")]
    Directory(#[from] sandbox_directory::StartError),
    #[error("the event service cannot start: {0}")]
    EventService(#[from] event_service::StartError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the key manager cannot start: {0}")]
    KeyManager(#[from] key_manager::StartError),
    #[error(transparent)]
    Material(#[from] MaterialError),
    /// Unsafe or incomplete settings.
    #[error("this cannot be started as it is:\n  {}", .0.join("\n  "))]
    Objections(Vec<String>),
    /// The operations listener's port.
    #[error("cannot listen on {0} (operations.bind): {1}")]
    Operations(std::net::SocketAddr, std::io::Error),
    /// Section `outbound`.
    #[error(transparent)]
    Outbound(#[from] service_kit::outbound::GuardedError),
    #[error(transparent)]
    Password(#[from] event_service::PasswordError),
    #[error("a peer's URL: {0}")]
    PeerUrl(url::ParseError),
    #[error("cannot listen for SIGHUP: {0}")]
    Signal(std::io::Error),
}

impl Process {
    /// Takes the ports, starts the roles and serves; returns once the listeners answer.
    pub async fn start(options: ProcessOptions) -> Result<Self, StartError> {
        let ProcessOptions { directory, configuration, roles, .. } = &options;
        let objections = checks::objections(configuration, directory, roles);
        if !objections.is_empty() {
            return Err(StartError::Objections(objections));
        }
        remove_if_present(&directory.ready_file())?;
        let material = Material::load(directory, &configuration.certificates, roles)?;
        let binder = Binder {
            configuration,
            material: &material,
            clock: &options.clock,
            random: &options.random,
        };
        let listeners = binder.bind(roles)?;
        let readiness = Readiness::default();
        let reloader = Reloader::new(directory, &configuration.certificates, &material, &listeners)
            .map_err(StartError::Signal)?;
        let started = StartedRoles::start(&options, &material, &listeners, &readiness).await?;
        let fetcher = RevocationFetcher::new(&options, &material, &listeners, &readiness)?;
        let mut process = Self::serve(&options, listeners, started, readiness)?;
        if let Some(fetcher) = fetcher {
            process.spawn(async move |stop| fetcher.run(stop).await);
        }
        process.spawn(async move |stop| reloader.run(stop).await);
        Ok(process)
    }

    fn serve(
        options: &ProcessOptions,
        listeners: BoundListeners,
        roles: StartedRoles,
        readiness: Readiness,
    ) -> Result<Self, StartError> {
        let mut process = Self::new(options, readiness)?;
        let BoundListeners { identity, key_manager_internal, api, events, directory } = listeners;
        if let Some(key_manager) = roles.key_manager {
            process.serve_public(identity, key_manager.identity_routes());
            process.serve_internal(key_manager_internal, key_manager.internal_routes());
            process.spawn(async move |stop| key_manager.run(stop).await);
        }
        if let Some(gateway) = roles.gateway {
            process.serve_public(api, gateway.routes());
            process.spawn(async move |stop| gateway.run(stop).await);
        }
        if let Some(event_service) = roles.event_service {
            process.serve_internal(events, event_service.routes());
            process.spawn(async move |stop| event_service.run(stop).await);
        }
        if let Some(sandbox_directory) = roles.directory {
            // Not before the roles that read its documents have answered their callers.
            process.serve_internal(directory, sandbox_directory.routes());
            process.spawn(async move |stop| sandbox_directory.run(stop).await);
        }
        Ok(process)
    }
}
