//! The processes: a key manager, one event service or two, perhaps a gateway.

use super::Plan;
use crate::bench::BenchError;
use crate::bench::server::ServerProcess;
use crate::bench::token::{Algorithms, Client};
use crate::context::Context;
use crate::process::Role;

/// Processes of one installation, and its clients.
#[derive(Debug)]
pub struct Deployment {
    /// Asked for clients and keys as long as the others run.
    _key_manager: ServerProcess,
    events: ServerProcess,
    replica: Option<ServerProcess>,
    gateway: Option<ServerProcess>,
    clients: Vec<Client>,
}

impl Deployment {
    /// Starts them and registers the clients of `plan`.
    pub async fn start(plan: &Plan, context: &Context) -> Result<Self, BenchError> {
        let key_manager = ServerProcess::start(Role::KeyManager, &[]).await?;
        let urls = key_manager.urls()?;
        let of_key_manager = peer("key_manager", urls.key_manager_internal);
        let mut settings = vec![
            of_key_manager.clone(),
            format!("event_service.long_poll.max_wait_seconds={}", plan.max_wait),
            format!("event_service.long_poll.max_waiting_per_client={}", plan.waiters_per_client),
            // Idle connections are looked at, and connecting them all takes a while.
            "limits.keep_alive_seconds=600".to_owned(),
        ];
        settings.extend(
            plan.postgres.iter().map(|url| format!("event_service.database_url=\"{url}\"")),
        );
        let beside = |role, settings| ServerProcess::start_beside(&key_manager, role, settings);
        let events = beside(Role::EventService, settings.clone()).await?;
        let replica = match &plan.postgres {
            Some(_) => Some(beside(Role::EventService, settings).await?),
            None => None,
        };
        let gateway = if plan.through_gateway {
            let of_events = peer("event_service", events.urls()?.events);
            let idle = "limits.keep_alive_seconds=600".to_owned();
            Some(beside(Role::Gateway, vec![of_key_manager, of_events, idle]).await?)
        } else {
            None
        };
        let clients =
            Client::register_many(&key_manager, Algorithms::ECDSA, plan.clients(), context).await?;
        Ok(Self { _key_manager: key_manager, events, replica, gateway, clients })
    }

    /// The event service at which the polls wait.
    pub fn events(&self) -> &ServerProcess {
        &self.events
    }

    /// The other event service on the same database.
    pub fn replica(&self) -> Option<&ServerProcess> {
        self.replica.as_ref()
    }

    /// The gateway through which the polls come.
    pub fn gateway(&self) -> Option<&ServerProcess> {
        self.gateway.as_ref()
    }

    /// The clients.
    pub fn clients(&self) -> &[Client] {
        &self.clients
    }
}

fn peer(name: &str, url: Option<String>) -> String {
    format!("peers.{name}=\"{}\"", url.unwrap_or_default())
}
