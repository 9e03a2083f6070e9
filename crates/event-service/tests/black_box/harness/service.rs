//! The service under test and the calls of its two callers.

use super::{
    Answer, BASIC, CLIENT, KeyManagerStandIn, OPEN_BANKING, OTHER_CLIENT, RESOURCE, ROTATE,
    ReadSet, V3, read_set,
};
use argon2::password_hash::PasswordHasher as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use certificates::ServiceRole;
use database::{Database, DatabaseOptions};
use event_service::{
    BankUser, Config, Dependencies, EventService, INTERNAL_ACCESS, LongPollConfig, MIGRATIONS,
    SetConfig, SetProfile, WhenAbsent,
};
use jose::MasterKey;
use reqwest::{Certificate, Client, Identity, RequestBuilder};
use service_kit::health::Readiness;
use service_kit::outbound::{GuardedClient, OutboundConfig, ServiceClient};
use service_kit::shutdown::Shutdown;
use std::sync::Arc;
use std::time::Duration;
use test_kit::{TestClock, TestDatabase, TestIdentity, TestPki, test_listener};
use tokio::task::JoinHandle;

/// A running event service.
pub struct TestService {
    pub key_manager: KeyManagerStandIn,
    pub clock: Arc<TestClock>,
    pub readiness: Readiness,
    pub base: String,
    pub pki: Arc<TestPki>,
    /// Kept as long as the service runs.
    _database: Arc<TestDatabase>,
    shutdown: Shutdown,
    gateway: Client,
    forwarder: Client,
}

/// What a service is started on, so that it can be started again.
#[derive(Clone)]
pub struct Setup {
    pub config: Config,
    pub database: Arc<TestDatabase>,
    /// Another way to that database.
    pub database_url: Option<String>,
    pub master_key: Arc<MasterKey>,
    pub clock: Arc<TestClock>,
    pub pki: Arc<TestPki>,
    pub key_manager: Option<KeyManagerStandIn>,
    pub create_keys: bool,
    pub allow_documented_password: bool,
    pub outbound: OutboundConfig,
    pub allow_faulty_events: bool,
}

/// Where the key manager's public listener would be.
pub const IDENTITY: &str = "https://bank.example:9446";

impl Setup {
    pub fn new(database: TestDatabase) -> Self {
        Self {
            config: Config {
                bank_user: vec![BankUser {
                    name: "admin@wso2.com".to_owned(),
                    password_hash: cheap_hash("wso2123"),
                }],
                // Most tests want to see what is there now.
                long_poll: LongPollConfig {
                    when_absent: WhenAbsent::Immediate,
                    ..LongPollConfig::default()
                },
                set: SetConfig {
                    organisation_id: Some("0015800001041RbAAI".to_owned()),
                    ..SetConfig::default()
                },
                ..Config::default()
            },
            database: Arc::new(database),
            database_url: None,
            master_key: Arc::new(MasterKey::generate()),
            clock: Arc::new(TestClock::default()),
            pki: Arc::new(TestPki::new()),
            key_manager: None,
            create_keys: true,
            allow_documented_password: true,
            outbound: OutboundConfig::default(),
            allow_faulty_events: true,
        }
    }

    /// All clients have their SETs in `profile`.
    pub fn in_profile(database: TestDatabase, profile: SetProfile) -> Self {
        let mut setup = Self::new(database);
        setup.config.set.profile = profile;
        setup
    }

    /// Starts the service without its listener and without background work.
    pub async fn assemble(&self, url: &str) -> Result<EventService, event_service::StartError> {
        self.assemble_with(url, Readiness::default()).await
    }

    async fn assemble_with(
        &self,
        key_manager_url: &str,
        readiness: Readiness,
    ) -> Result<EventService, event_service::StartError> {
        EventService::start(Dependencies {
            config: self.config.clone(),
            database: self.open_database().await,
            master_key: Arc::clone(&self.master_key),
            create_keys: self.create_keys,
            allow_documented_password: self.allow_documented_password,
            allow_faulty_events: self.allow_faulty_events,
            service_client: ServiceClient::new(
                &self.pki.service_identity(ServiceRole::EventService),
            )
            .unwrap(),
            key_manager_url: key_manager_url.parse().unwrap(),
            open_banking_url: OPEN_BANKING.to_owned(),
            outbound: GuardedClient::new(&self.outbound, &self.pki.server_ca_pem()).unwrap(),
            identity_url: IDENTITY.to_owned(),
            clock: self.clock.clone(),
            random: Arc::new(service_kit::SystemRandom),
            readiness,
        })
        .await
    }

    pub async fn open_database(&self) -> Database {
        let url = self.database_url.as_deref().unwrap_or(self.database.url()).parse().unwrap();
        let database = Database::open(&url, DatabaseOptions::default()).unwrap();
        database.migrate(&MIGRATIONS).await.unwrap();
        database
    }
}

impl TestService {
    /// On SQLite, ready.
    pub async fn start() -> Self {
        Self::on(TestDatabase::sqlite()).await
    }

    /// On `database`, ready.
    pub async fn on(database: TestDatabase) -> Self {
        Self::with(&Setup::new(database)).await
    }

    /// As set up, ready.
    pub async fn with(setup: &Setup) -> Self {
        let service = Self::not_ready(setup).await;
        service.ready().await;
        service
    }

    /// As set up, without waiting.
    pub async fn not_ready(setup: &Setup) -> Self {
        let shutdown = Shutdown::new();
        let key_manager = setup.key_manager.clone().unwrap_or_else(|| {
            let made = KeyManagerStandIn::start(&setup.pki, &setup.clock, shutdown.signal());
            made.set_client(CLIENT, "active");
            made.set_client(OTHER_CLIENT, "active");
            made
        });
        let readiness = Readiness::default();
        let service = setup.assemble_with(&key_manager.url(), readiness.clone()).await.unwrap();
        let tls = setup.pki.internal_tls(ServiceRole::EventService, Some(INTERNAL_ACCESS));
        let listener = test_listener("events", tls, setup.clock.clone());
        let base = format!("https://localhost:{}", listener.address().port());
        tokio::spawn(listener.serve(service.routes(), shutdown.signal()));
        let stop = shutdown.signal();
        tokio::spawn(async move { service.run(stop).await });
        Self {
            key_manager,
            clock: Arc::clone(&setup.clock),
            readiness,
            base,
            _database: Arc::clone(&setup.database),
            shutdown,
            gateway: client(&setup.pki, Some(ServiceRole::Gateway)),
            forwarder: client(&setup.pki, Some(ServiceRole::KeyManager)),
            pki: Arc::clone(&setup.pki),
        }
    }

    /// Waits until every condition for readiness holds.
    pub async fn ready(&self) {
        while !self.readiness.closed().is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Stops background work and listener.
    pub fn stop(&self) {
        self.shutdown.trigger();
    }

    /// A POST as the key manager forwards it, without any header of the caller's.
    pub fn forwarded(&self, path: &str) -> RequestBuilder {
        self.forwarder.post(format!("{}{path}", self.base))
    }

    /// Another method as the key manager forwards it.
    pub fn forwarded_method(&self, method: &str, path: &str) -> RequestBuilder {
        self.forwarder.request(method.parse().unwrap(), format!("{}{path}", self.base))
    }

    /// A POST of the gateway's, without any header.
    pub fn gateway_post(&self, path: &str) -> RequestBuilder {
        self.gateway.post(format!("{}{path}", self.base))
    }

    /// Another method of the gateway's, without any header.
    pub fn gateway_call(&self, method: &str, path: &str) -> RequestBuilder {
        self.gateway.request(method.parse().unwrap(), format!("{}{path}", self.base))
    }

    /// A client that is `role`, or nobody.
    pub fn as_role(&self, role: Option<ServiceRole>) -> Client {
        client(&self.pki, role)
    }

    /// `create-events` with good headers and `json` in base64.
    pub async fn create(&self, json: &str) -> Answer {
        self.create_for(CLIENT, json).await
    }

    pub async fn create_for(&self, client_id: &str, json: &str) -> Answer {
        Answer::read(self.creation(client_id, json).send().await.unwrap()).await
    }

    /// `create-events` with good headers and `json` in base64, to be sent.
    pub fn creation(&self, client_id: &str, json: &str) -> RequestBuilder {
        self.creation_by("admin@wso2.com:wso2123", client_id, json)
    }

    /// The same by the bank user of this name and password.
    pub fn creation_by(&self, user: &str, client_id: &str, json: &str) -> RequestBuilder {
        self.forwarded(&format!("{V3}/create-events"))
            .header("authorization", format!("Basic {}", BASE64_STANDARD.encode(user)))
            .header("x-wso2-client_id", client_id)
            .header("x-wso2-resource_id", RESOURCE)
            .form(&[("request", BASE64_STANDARD.encode(json))])
    }

    /// `create-events` under an idempotency key.
    pub async fn create_once(&self, key: &str, json: &str) -> Answer {
        let request = self.creation(CLIENT, json).header("x-idempotency-key", key);
        Answer::read(request.send().await.unwrap()).await
    }

    /// `create-events` with further headers.
    pub async fn create_with(&self, json: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self
            .forwarded(&format!("{V3}/create-events"))
            .header("authorization", BASIC)
            .header("x-wso2-client_id", CLIENT)
            .header("x-wso2-resource_id", RESOURCE)
            .form(&[("request", BASE64_STANDARD.encode(json))]);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::read(request.send().await.unwrap()).await
    }

    /// Creates an event and returns its id.
    pub async fn created(&self) -> String {
        self.created_for(CLIENT).await
    }

    pub async fn created_for(&self, client_id: &str) -> String {
        let answer = self.create_for(client_id, super::EVENT).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["notificationsID"].as_str().unwrap().to_owned()
    }

    /// `events` at the Accelerator with good headers and `json` in base64.
    pub async fn accelerator_poll(&self, json: &str) -> Answer {
        let request = self
            .forwarded(&format!("{V3}/events"))
            .header("authorization", BASIC)
            .header("x-wso2-client_id", CLIENT)
            .form(&[("request", BASE64_STANDARD.encode(json))]);
        Answer::read(request.send().await.unwrap()).await
    }

    /// The operator's order for a new signing key.
    pub async fn rotate(&self, body: &str) -> Answer {
        let operator = self.as_role(Some(ServiceRole::Operator));
        let request = operator.post(format!("{}{ROTATE}", self.base)).body(body.to_owned());
        Answer::read(request.send().await.unwrap()).await
    }

    /// The `kid` of the key that signs a new event now.
    pub async fn signing_key(&self) -> String {
        let id = self.created().await;
        let sets = self.poll(r#"{"maxEvents":100}"#).await.json()["sets"].clone();
        // Or the newest would be on no page some day.
        self.poll(&format!(r#"{{"maxEvents":0,"ack":["{id}"]}}"#)).await;
        signed_by(&sets[&id], &self.key_manager.published())
    }

    /// Waits until the key manager publishes `kid`.
    pub async fn until_published(&self, kid: &str) {
        while !self.key_manager.key_ids().iter().any(|known| known == kid) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until a new event is signed with `kid`.
    pub async fn until_signed_by(&self, kid: &str) {
        while self.signing_key().await != kid {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits for a look at the calendar and asserts whether it made a second key.
    pub async fn rotated_by_calendar(&self, expected: bool) {
        // One look each second, and a bit.
        tokio::time::sleep(Duration::from_millis(1500)).await;
        while expected && self.key_manager.key_ids().len() < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(self.key_manager.key_ids().len(), if expected { 2 } else { 1 });
    }

    /// The SET of event `id`, read by another library.
    #[track_caller]
    pub fn read(&self, poll: &Answer, id: &str) -> ReadSet {
        let sets = poll.json()["sets"].clone();
        let set = sets[id].as_str().unwrap_or_else(|| panic!("no {id}: {poll:?}"));
        read_set(set, &self.key_manager.jwks()).unwrap()
    }

    /// The gateway's poll for [`CLIENT`].
    pub async fn poll(&self, json: &str) -> Answer {
        self.poll_as(CLIENT, json).await
    }

    pub async fn poll_as(&self, client_id: &str, json: &str) -> Answer {
        Answer::read(self.poll_request(client_id, json).send().await.unwrap()).await
    }

    /// A poll that goes on beside the test.
    pub fn polling(&self, client_id: &str, json: &str) -> JoinHandle<Answer> {
        let request = self.poll_request(client_id, json);
        tokio::spawn(async move { Answer::read(request.send().await.unwrap()).await })
    }

    fn poll_request(&self, client_id: &str, json: &str) -> RequestBuilder {
        self.gateway_post("/open-banking/v3.1/events")
            .header("x-wso2-client-id", client_id)
            .header("content-type", "application/json; charset=utf-8")
            .header("accept", "application/json; charset=utf-8")
            .body(json.to_owned())
    }
}

impl Drop for TestService {
    fn drop(&mut self) {
        self.shutdown.trigger();
    }
}

/// Which of the published keys verifies `set`.
#[track_caller]
pub fn signed_by(set: &serde_json::Value, published: &[(String, serde_json::Value)]) -> String {
    let verifies = |body: &serde_json::Value| {
        let key = jose::VerificationKey::from_jwk(&body["jwk"].to_string()).unwrap();
        let set = jose::UnverifiedJws::parse(set.as_str().unwrap(), 65536).unwrap();
        set.verify(&key).is_ok()
    };
    published.iter().find(|(_, body)| verifies(body)).unwrap().0.clone()
}

#[expect(clippy::disallowed_methods, reason = "a test is its own HTTP client")]
fn client(pki: &TestPki, role: Option<ServiceRole>) -> Client {
    let mut builder = Client::builder()
        .tls_certs_only([Certificate::from_pem(pki.service_ca_pem().as_bytes()).unwrap()])
        .no_proxy();
    if let Some(TestIdentity { chain_pem, key_pem, .. }) = role.map(|role| pki.service(role)) {
        let identity = Identity::from_pkcs8_pem(chain_pem.as_bytes(), key_pem.as_bytes());
        builder = builder.identity(identity.unwrap());
    }
    builder.build().unwrap()
}

/// The least work argon2 can do: tests are not about its cost.
fn cheap_hash(password: &str) -> String {
    let params = argon2::Params::new(8, 1, 1, None).unwrap();
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
        .hash_password(password.as_bytes())
        .unwrap()
        .to_string()
}
