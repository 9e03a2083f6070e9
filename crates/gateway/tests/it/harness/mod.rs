//! A running gateway with everything around it.

mod key_manager;
mod raw_upstream;
mod token;
mod upstream;

pub use key_manager::{ISSUER, KeyManagerStandIn, client, signing_key};
pub use raw_upstream::{RawUpstream, Script};
pub use token::TokenBuilder;
pub use upstream::{Recorded, Upstream};

use actix_web::web;
use certificates::ServiceRole;
use gateway::declarative::{DefinitionsStatus, write_default_definitions};
use gateway::{Config, Dependencies, Gateway};
use service_kit::health::Readiness;
use service_kit::listener::ServerTls;
use service_kit::outbound::{Forwarder, ServiceClient};
use service_kit::shutdown::Shutdown;
use service_kit::{Clock, SharedClock, TrustStore};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use test_kit::{
    SeededRandom, TestAnswer, TestClock, TestConnection, TestIdentity, TestPki, test_listener,
};
use tokio::sync::watch;

pub const CLIENT_ID: &str = "IYpJFJJCZlHvTQzVXxu1y0fNhRga";
pub const POLL: &str = "/open-banking/v3.1/events";

/// A gateway with the shipped polling API, to which [`CLIENT_ID`] subscribed.
pub struct TestGateway {
    pub address: SocketAddr,
    pub clock: Arc<TestClock>,
    pub directory: TempDir,
    pub key_manager: Arc<KeyManagerStandIn>,
    pub pki: TestPki,
    pub readiness: Readiness,
    /// The good client's transport certificate.
    pub transport: TestIdentity,
    /// Whose certificates the gateway trusts.
    pub trust: TrustStore,
    pub upstream: Arc<Upstream>,
    definitions: watch::Receiver<DefinitionsStatus>,
    _shutdown: Shutdown,
}

/// How a gateway differs from the usual one.
#[derive(Default)]
pub struct Setup {
    /// Files written before the start: path below the directory and content.
    pub files: Vec<(&'static str, String)>,
    /// The peer `event-service`, where it is not the recording one.
    pub peer: Option<String>,
    /// Does not run: no keys, no reload.
    pub idle: bool,
    /// Does not become ready.
    pub broken: bool,
    /// The key manager does not tell its clients yet.
    pub without_clients: bool,
    /// Who subscribed.
    pub subscribers: Subscribers,
    /// The audience that is configured.
    pub audience: Option<&'static str>,
    /// The issuer that is configured.
    pub issuer: Option<&'static str>,
}

/// Who subscribed to the polling API.
#[derive(Default, PartialEq, Eq)]
pub enum Subscribers {
    /// [`CLIENT_ID`] alone.
    #[default]
    TheClient,
    /// All roles, as it is shipped.
    AsShipped,
}

impl TestGateway {
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub async fn with(setup: Setup) -> Self {
        let pki = TestPki::new();
        let shutdown = Shutdown::new();
        let clock = Arc::new(TestClock::default());
        let key_manager = KeyManagerStandIn::start(&pki, &shutdown, clock.clone());
        if setup.without_clients {
            key_manager.hide_clients();
        }
        let upstream = Upstream::start(&pki, &shutdown, clock.clone());
        let directory = directory(&setup);
        let config = Config {
            directory: directory.path().to_owned(),
            peers: [
                ("event-service".to_owned(), setup.peer.unwrap_or_else(|| upstream.url())),
                ("key-manager".to_owned(), key_manager.url()),
            ]
            .into(),
            audience: setup.audience.map(str::to_owned),
            issuer: setup.issuer.map(str::to_owned),
            key_manager_url: key_manager.url(),
            reload_interval_milliseconds: 10,
            ..Config::default()
        };
        let tls = pki.public_tls();
        let trust = tls.trust.clone();
        let identity = pki.service_identity(ServiceRole::Gateway);
        let readiness = Readiness::default();
        let gateway = Gateway::start(Dependencies {
            config,
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(1)),
            client: ServiceClient::new(&identity).unwrap(),
            forwarder: Forwarder::new(&identity).unwrap(),
            tpp_trust: trust.clone(),
            readiness: readiness.clone(),
        })
        .await;
        let address = serve(tls, clock.clone(), &shutdown, gateway.routes());
        let definitions = gateway.definitions();
        if !setup.idle {
            let stop = shutdown.signal();
            tokio::spawn(async move { gateway.run(stop).await });
        }
        if !setup.idle && !setup.broken {
            soon(readiness.ready()).await;
        }
        let transport = pki.tpp("software", "organisation");
        Self {
            address,
            clock,
            directory,
            key_manager,
            pki,
            readiness,
            transport,
            trust,
            upstream,
            definitions,
            _shutdown: shutdown,
        }
    }

    /// Seconds since the epoch.
    pub fn now(&self) -> i64 {
        self.clock.now().as_second()
    }

    /// A good token of the good client.
    pub fn token(&self) -> TokenBuilder<'_> {
        TokenBuilder::new(self)
    }

    pub async fn connect(&self) -> TestConnection {
        TestConnection::open(self.address, Some(&self.transport)).await
    }

    /// A poll with the good certificate and these header lines.
    pub async fn poll_with(&self, headers: &str) -> TestAnswer {
        self.connect().await.ask(&request(&format!("POST {POLL}"), headers, "{}")).await
    }

    /// A poll with the good certificate and this token.
    pub async fn poll(&self, token: &str) -> TestAnswer {
        self.poll_with(&format!("Authorization: Bearer {token}\r\n")).await
    }

    /// A poll with another certificate, or none.
    pub async fn poll_as(&self, identity: Option<&TestIdentity>, token: &str) -> TestAnswer {
        let headers = format!("Authorization: Bearer {token}\r\n");
        let mut connection = TestConnection::open(self.address, identity).await;
        connection.ask(&request(&format!("POST {POLL}"), &headers, "{}")).await
    }

    pub fn file(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    /// Replaces a file of the directory and waits until the gateway has looked at it.
    pub async fn write(&mut self, path: &str, text: &str) -> DefinitionsStatus {
        let seen = self.definitions.borrow_and_update().revision;
        let temporary = self.file(".new");
        std::fs::write(&temporary, text).unwrap();
        std::fs::rename(&temporary, self.file(path)).unwrap();
        self.definitions_after(seen).await
    }

    /// What the look after `revision` found.
    pub async fn definitions_after(&mut self, revision: u64) -> DefinitionsStatus {
        let changed = self.definitions.wait_for(|status| status.revision > revision);
        soon(changed).await.unwrap().clone()
    }

    pub fn definitions(&self) -> DefinitionsStatus {
        self.definitions.borrow().clone()
    }
}

/// Serves `routes` until the test ends.
pub fn serve<F>(tls: ServerTls, clock: SharedClock, shutdown: &Shutdown, routes: F) -> SocketAddr
where
    F: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
{
    let listener = test_listener("test", tls, clock);
    let address = listener.address();
    tokio::spawn(listener.serve(routes, shutdown.signal()));
    address
}

/// A request with a body of known length; `target` is method and path.
pub fn request(target: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         {headers}Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Waits for `event`, but not for ever.
pub async fn soon<T>(event: impl Future<Output = T>) -> T {
    let patience = std::time::Duration::from_secs(20);
    tokio::time::timeout(patience, event).await.expect("it happens")
}

fn directory(setup: &Setup) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    write_default_definitions(directory.path()).unwrap();
    let subscription = format!(
        "[[subscription]]\nclient_id = \"{CLIENT_ID}\"\napi = \"AggregatedPollingAPI\"\nplan = \"Unlimited\"\n"
    );
    if setup.subscribers == Subscribers::TheClient {
        std::fs::write(directory.path().join("subscriptions.toml"), subscription).unwrap();
    }
    for (path, text) in &setup.files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}
