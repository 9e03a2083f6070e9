//! Key managers on listeners of their own.

use super::{Answer, Pki, Tpp};
use certificates::ServiceRole;
use database::{Database, DatabaseOptions};
use jose::MasterKey;
use key_manager::{Config, Dependencies, KeyManager, MIGRATIONS, StartError, TokenKeyMaker};
use serde_json::Value;
use service_kit::health::Readiness;
use service_kit::listener::Listener;
use service_kit::outbound::{Forwarder, GuardedClient, OutboundConfig};
use service_kit::shutdown::Shutdown;
use service_kit::{SystemRandom, TrustStore};
use std::sync::Arc;
use test_kit::{TestClock, TestDatabase, test_listener};

/// What servers of one test may share.
#[derive(Clone)]
pub struct Setup {
    pub pki: Arc<Pki>,
    pub database_url: String,
    pub clock: Arc<TestClock>,
    pub master_key: Arc<MasterKey>,
    pub config: Config,
    pub create: bool,
    pub event_service_url: String,
    pub allow_client_secrets: bool,
    pub registration_endpoint: Option<String>,
    /// The certificates of this test's servers are trusted in any case.
    pub outbound: OutboundConfig,
    /// Where the test does not keep it itself; only to be dropped.
    #[expect(dead_code, reason = "the file goes when the last owner does")]
    pub kept: Option<Arc<TestDatabase>>,
}

/// A key manager that answers.
pub struct TestServer {
    pub setup: Setup,
    pub key_manager: KeyManager,
    pub readiness: Readiness,
    pub shutdown: Shutdown,
    identity: String,
    internal: String,
    served: Vec<actix_web::rt::task::JoinHandle<std::io::Result<()>>>,
}

impl Setup {
    /// On a database that the test keeps.
    pub fn on(database: &TestDatabase) -> Self {
        Self {
            pki: Arc::new(Pki::new()),
            database_url: database.url().to_owned(),
            clock: Arc::new(TestClock::default()),
            master_key: Arc::new(MasterKey::generate()),
            config: Config::default(),
            create: true,
            event_service_url: "https://localhost:1".to_owned(),
            allow_client_secrets: true,
            registration_endpoint: None,
            outbound: OutboundConfig::default(),
            kept: None,
        }
    }

    pub fn sqlite() -> Self {
        let database = TestDatabase::sqlite();
        let setup = Self::on(&database);
        Self { kept: Some(Arc::new(database)), ..setup }
    }

    pub async fn open(&self) -> Database {
        let url = self.database_url.parse().unwrap();
        let database = Database::open(&url, DatabaseOptions::default()).unwrap();
        database.migrate(&MIGRATIONS).await.unwrap();
        database
    }

    fn guarded_client(&self) -> GuardedClient {
        GuardedClient::new(&self.outbound, self.pki.services.certificate_pem()).unwrap()
    }

    /// What makes a token key outside a running key manager.
    pub async fn token_key_maker(&self) -> TokenKeyMaker {
        TokenKeyMaker {
            config: self.config.clone(),
            database: self.open().await,
            clock: self.clock.clone(),
            master_key: self.master_key.clone(),
        }
    }

    pub async fn key_manager(&self, readiness: &Readiness) -> Result<KeyManager, StartError> {
        self.key_manager_with(readiness, self.pki.tpp_trust()).await
    }

    async fn key_manager_with(
        &self,
        readiness: &Readiness,
        tpp_trust: TrustStore,
    ) -> Result<KeyManager, StartError> {
        KeyManager::start(Dependencies {
            config: self.config.clone(),
            database: self.open().await,
            clock: self.clock.clone(),
            random: Arc::new(SystemRandom),
            master_key: self.master_key.clone(),
            create: self.create,
            identity_url: "https://localhost:9446".to_owned(),
            registration_endpoint: self.registration_endpoint.clone(),
            event_service_url: self.event_service_url.clone(),
            forwarder: Forwarder::new(&self.pki.service_identity(ServiceRole::KeyManager)).unwrap(),
            allow_client_secrets: self.allow_client_secrets,
            outbound: self.guarded_client(),
            tpp_trust,
            database_gate: readiness.gate("key-manager database"),
        })
        .await
    }

    pub async fn start(&self) -> TestServer {
        let readiness = Readiness::default();
        let trust = self.pki.tpp_trust();
        let key_manager = self.key_manager_with(&readiness, trust.clone()).await.unwrap();
        let shutdown = Shutdown::new();
        let identity = test_listener("identity", self.pki.public_tls(trust), self.clock.clone());
        let internal = test_listener("internal", self.pki.internal_tls(), self.clock.clone());
        let url = |listener: &Listener| format!("https://localhost:{}", listener.address().port());
        let (identity_url, internal_url) = (url(&identity), url(&internal));
        let served = vec![
            actix_web::rt::spawn(identity.serve(key_manager.identity_routes(), shutdown.signal())),
            actix_web::rt::spawn(internal.serve(key_manager.internal_routes(), shutdown.signal())),
        ];
        TestServer {
            setup: self.clone(),
            key_manager,
            readiness,
            shutdown,
            identity: identity_url,
            internal: internal_url,
            served,
        }
    }
}

impl TestServer {
    /// On an SQLite file.
    pub async fn start() -> Self {
        Setup::sqlite().start().await
    }

    pub fn identity(&self, path: &str) -> String {
        format!("{}{path}", self.identity)
    }

    pub fn internal(&self, path: &str) -> String {
        format!("{}{path}", self.internal)
    }

    /// An HTTP client of a role.
    pub fn role(&self, role: ServiceRole) -> reqwest::Client {
        self.setup.pki.client(Some(&self.setup.pki.service(role)))
    }

    /// Registers what `registration` says.
    pub async fn register(&self, registration: &Value) -> Answer {
        let operator = self.role(ServiceRole::Operator);
        Answer::of(operator.post(self.internal("/internal/v1/clients")).json(registration)).await
    }

    /// A TPP with all roles, registered with its certificate's subject.
    pub async fn tpp(&self, client_id: &str) -> Tpp {
        Tpp::register(self, client_id, &serde_json::json!({})).await
    }

    /// The public listener's answer to somebody without a certificate.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.setup.pki.client(None).get(self.identity(path))).await
    }

    /// Does the background work until the answer is dropped.
    pub fn run(&self) -> Shutdown {
        let shutdown = Shutdown::new();
        let (key_manager, signal) = (self.key_manager.clone(), shutdown.signal());
        actix_web::rt::spawn(async move { key_manager.run(signal).await });
        shutdown
    }

    /// Stops and waits until nothing is served any more.
    pub async fn stop(self) {
        self.shutdown.trigger();
        for served in self.served {
            served.await.unwrap().unwrap();
        }
    }
}
