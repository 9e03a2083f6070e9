//! The role: started, served, kept up to date.

use crate::audit::Meters;
use crate::clients::{Clients, ClientsFeed};
use crate::config::Config;
use crate::declarative::{DefinitionsStatus, Reloader};
use crate::snapshot::Snapshot;
use crate::stages::Upstreams;
use crate::token::{TokenKeys, TokenVerifier};
use crate::walk::{self, Shared, Worker};
use actix_web::web;
use arc_swap::ArcSwap;
use service_kit::health::{Gate, Readiness};
use service_kit::outbound::{Forwarder, ServiceClient};
use service_kit::shutdown::StopSignal;
use service_kit::{SharedClock, SharedRandom, TrustStore};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// What a gateway is made of.
#[derive(Clone, Debug)]
pub struct Dependencies {
    /// Section `[gateway]`; its `directory` as the process finds it.
    pub config: Config,
    /// The clock that judges tokens.
    pub clock: SharedClock,
    /// Spreads repeated questions to the key manager.
    pub random: SharedRandom,
    /// Calls the key manager.
    pub client: ServiceClient,
    /// Calls upstreams.
    pub forwarder: Forwarder,
    /// Whose certificates the public listener accepts; gets those uploaded at the key manager.
    pub tpp_trust: TrustStore,
    /// Gets three gates: the token keys are there, the clients are known, and every definition is in
    /// force.
    pub readiness: Readiness,
}

/// The data plane: routes calls to published APIs, checks and forwards them.
#[derive(Debug)]
pub struct Gateway {
    config: Config,
    shared: Arc<Shared>,
    forwarder: Forwarder,
    keys: Arc<TokenKeys>,
    keys_gate: Gate,
    clients_feed: ClientsFeed,
    reloader: Arc<Mutex<Reloader>>,
    status: watch::Receiver<DefinitionsStatus>,
}

impl Gateway {
    /// Reads the definitions. Broken ones do not stop the start: they are logged, are not served
    /// and keep the gateway from being ready. Needs no network.
    pub async fn start(dependencies: Dependencies) -> Self {
        let Dependencies { config, clock, random, client, forwarder, tpp_trust, readiness } =
            dependencies;
        let snapshot = Arc::new(ArcSwap::from_pointee(Snapshot::default()));
        let reloader =
            Reloader::new(&config, Arc::clone(&snapshot), readiness.gate("gateway-definitions"));
        let keys = Arc::new(TokenKeys::new(&config, client.clone(), Arc::clone(&clock)));
        let key_manager_url = config.key_manager_url().to_owned();
        let clients = Arc::new(Clients::new(client.clone(), &key_manager_url));
        let verifier = TokenVerifier::new(&config, Arc::clone(&keys), Arc::clone(&clock));
        let clients_feed = ClientsFeed {
            client,
            key_manager_url,
            clock,
            random,
            skew: config.clock_skew_seconds.into(),
            clients: Arc::clone(&clients),
            keys: Arc::clone(&keys),
            tpp_trust,
            gate: readiness.gate("gateway-clients"),
        };
        let gateway = Self {
            shared: Arc::new(Shared { snapshot, verifier, clients, meters: Meters::new() }),
            clients_feed,
            forwarder,
            keys,
            keys_gate: readiness.gate("gateway-token-keys"),
            status: reloader.status(),
            reloader: Arc::new(Mutex::new(reloader)),
            config,
        };
        gateway.look().await;
        gateway
    }

    /// The routes of the public `api` listener: every path is the snapshot's to judge.
    pub fn routes(&self) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static {
        let shared = Arc::clone(&self.shared);
        let forwarder = self.forwarder.clone();
        let body_limit = self.config.body_limit_bytes;
        move |service| {
            let upstreams = Upstreams { forwarder: forwarder.for_worker(), body_limit };
            let worker = Worker { shared: Arc::clone(&shared), upstreams };
            service.app_data(web::Data::new(worker)).default_service(web::to(walk::handle));
        }
    }

    /// Follows what comes of each look at the definitions that finds a change.
    #[must_use]
    pub fn definitions(&self) -> watch::Receiver<DefinitionsStatus> {
        self.status.clone()
    }

    /// Keeps token keys, clients and definitions up to date until `stop`.
    pub async fn run(&self, mut stop: StopSignal) {
        tokio::select! {
            () = self.clients_feed.follow(&mut stop) => {}
            () = self.keep_keys() => {}
            () = self.keep_definitions() => {}
        }
    }

    /// Once there are keys, a failed renewal leaves them in use and the gate open.
    async fn keep_keys(&self) {
        let regular = Duration::from_secs(self.config.token_keys_refresh_seconds.max(1).into());
        let mut retry = FIRST_RETRY;
        loop {
            match self.keys.refresh().await {
                Ok(()) => {
                    self.keys_gate.open();
                    retry = FIRST_RETRY;
                    tokio::select! {
                        () = sleep(regular) => {}
                        () = self.keys.renewal_asked_for() => {}
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "token keys not fetched");
                    if self.keys.current().is_none() {
                        self.keys_gate.close(error.to_string());
                    }
                    sleep(retry).await;
                    retry = (retry * 2).min(LAST_RETRY);
                }
            }
        }
    }

    async fn keep_definitions(&self) {
        let interval = Duration::from_millis(self.config.reload_interval_milliseconds.max(10));
        loop {
            sleep(interval).await;
            self.look().await;
        }
    }

    /// Off the runtime's threads: reading and compiling would hold calls up.
    async fn look(&self) {
        let reloader = Arc::clone(&self.reloader);
        let looked = spawn_blocking(move || {
            reloader.lock().unwrap_or_else(PoisonError::into_inner).look();
        });
        if let Err(error) = looked.await {
            tracing::error!(%error, "could not look at the definitions");
        }
    }
}

/// Short, because a gateway often starts together with its key manager.
const FIRST_RETRY: Duration = Duration::from_millis(25);
const LAST_RETRY: Duration = Duration::from_secs(5);
