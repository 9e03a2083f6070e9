//! Taking the ports, before anything else starts: the base URLs follow from them.

use super::material::Material;
use super::role::{Role, Roles};
use crate::configuration::{Configuration, Listener as ListenerConfiguration};
use service_kit::listener::{Listener, ListenerOptions, ServerTls};
use service_kit::{SharedClock, SharedRandom};
use std::net::SocketAddr;

const MAXIMUM_AUTOMATIC_WORKERS: usize = 4;

/// A listener whose port is taken.
#[derive(Debug)]
pub struct Bound {
    /// Its name in logs and `ready.json`.
    pub name: &'static str,
    /// The base URL by which others reach it.
    pub url: String,
    /// The base URL by which this process's own roles reach it.
    pub local_url: String,
    /// The listener.
    pub listener: Listener,
}

/// The listeners of the roles served here.
#[derive(Debug, Default)]
pub struct BoundListeners {
    /// The key manager's public listener.
    pub identity: Option<Bound>,
    /// The key manager's internal listener.
    pub key_manager_internal: Option<Bound>,
    /// The gateway's listener.
    pub api: Option<Bound>,
    /// The event service's listener.
    pub events: Option<Bound>,
    /// The directory's listener.
    pub directory: Option<Bound>,
}

/// A port that cannot be taken.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} (listeners.{name}.bind): {source}")]
pub struct BindError {
    name: &'static str,
    address: SocketAddr,
    source: std::io::Error,
}

/// What all listeners of a process share.
#[derive(Debug)]
pub struct Binder<'b> {
    /// Limits.
    pub configuration: &'b Configuration,
    /// Certificates and trust.
    pub material: &'b Material,
    /// The clock that judges certificates.
    pub clock: &'b SharedClock,
    /// The source of interaction ids.
    pub random: &'b SharedRandom,
}

impl Binder<'_> {
    /// Takes the ports of `roles`.
    pub fn bind(&self, roles: &Roles) -> Result<BoundListeners, BindError> {
        let listeners = &self.configuration.listeners;
        let mut bound = BoundListeners::default();
        if roles.contains(&Role::KeyManager) {
            let public = self.material.public_tls();
            let internal =
                self.material.internal_tls(Role::KeyManager, key_manager::INTERNAL_ACCESS);
            bound.identity = Some(self.take("identity", &listeners.identity, public)?);
            bound.key_manager_internal = Some(self.take(
                "key_manager_internal",
                &listeners.key_manager_internal,
                internal,
            )?);
        }
        if roles.contains(&Role::Gateway) {
            bound.api = Some(self.take("api", &listeners.api, self.material.public_tls())?);
        }
        if roles.contains(&Role::EventService) {
            let internal =
                self.material.internal_tls(Role::EventService, event_service::INTERNAL_ACCESS);
            bound.events = Some(self.take("events", &listeners.events, internal)?);
        }
        if roles.contains(&Role::Directory) {
            let tls = self.material.directory_tls();
            bound.directory = Some(self.take("directory", &listeners.directory, tls)?);
        }
        Ok(bound)
    }

    fn take(
        &self,
        name: &'static str,
        wanted: &ListenerConfiguration,
        tls: ServerTls,
    ) -> Result<Bound, BindError> {
        let options = ListenerOptions {
            name,
            bind: wanted.bind,
            tls,
            limits: (&self.configuration.limits).into(),
            workers: workers(wanted.workers),
            clock: self.clock.clone(),
            random: self.random.clone(),
        };
        let listener = Listener::bind(options).map_err(|source| BindError {
            name,
            address: wanted.bind,
            source,
        })?;
        let local_url = format!("https://localhost:{}", listener.address().port());
        let url = match &wanted.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => local_url.clone(),
        };
        Ok(Bound { name, url, local_url, listener })
    }
}

fn workers(configured: usize) -> usize {
    if configured > 0 {
        return configured;
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    cores.min(MAXIMUM_AUTOMATIC_WORKERS)
}
