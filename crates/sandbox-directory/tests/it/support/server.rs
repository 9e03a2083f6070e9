//! Directories on listeners of their own.

use super::Answer;
use certificates::{
    CertificateAuthority, KeyKind, PrivateKey, ServiceRole, SigningRequest, Validity,
};
use database::{Database, DatabaseOptions};
use jose::MasterKey;
use reqwest::{Certificate, Client, Identity};
use sandbox_directory::{Config, Dependencies, Directory, MIGRATIONS, StartError};
use serde_json::{Value, json};
use service_kit::health::Readiness;
use service_kit::listener::ServerTls;
use service_kit::shutdown::Shutdown;
use service_kit::{SystemRandom, TrustStore};
use std::sync::Arc;
use test_kit::{TestClock, TestDatabase, TestIdentity, TestPki, test_listener};

/// The public address of every test server: it differs from the bound one.
pub const PUBLIC_URL: &str = "https://directory.example:9448";

/// The authority of TPP certificates.
pub struct Authority {
    pub root: CertificateAuthority,
    pub issuing: CertificateAuthority,
}

/// What servers of one test may share.
#[derive(Clone)]
pub struct Setup {
    pub pki: Arc<TestPki>,
    pub authority: Arc<Authority>,
    pub database_url: String,
    pub clock: Arc<TestClock>,
    pub master_key: Arc<MasterKey>,
    pub config: Config,
    pub create: bool,
}

/// A directory that answers.
pub struct TestServer {
    pub setup: Setup,
    pub operator: Client,
    pub anonymous: Client,
    url: String,
    shutdown: Shutdown,
    served: actix_web::rt::task::JoinHandle<std::io::Result<()>>,
}

impl Authority {
    pub fn new() -> Self {
        let validity = Validity {
            not_before: "2025-01-01T00:00:00Z".parse().unwrap(),
            not_after: "2040-01-01T00:00:00Z".parse().unwrap(),
        };
        let root = CertificateAuthority::new_root("Test Root", KeyKind::P256, validity).unwrap();
        let issuing = root.new_issuing("Test Issuing", KeyKind::P256, validity).unwrap();
        Self { root, issuing }
    }
}

impl Setup {
    pub fn on(database: &TestDatabase) -> Self {
        Self {
            pki: Arc::new(TestPki::new()),
            authority: Arc::new(Authority::new()),
            database_url: database.url().to_owned(),
            clock: Arc::new(TestClock::default()),
            master_key: Arc::new(MasterKey::generate()),
            config: Config::default(),
            create: true,
        }
    }

    pub async fn open(&self) -> Database {
        let url = self.database_url.parse().unwrap();
        let database = Database::open(&url, DatabaseOptions::default()).unwrap();
        database.migrate(&MIGRATIONS).await.unwrap();
        database
    }

    pub async fn directory(&self) -> Result<Directory, StartError> {
        Directory::start(Dependencies {
            config: self.config.clone(),
            database: self.open().await,
            clock: self.clock.clone(),
            random: Arc::new(SystemRandom),
            master_key: self.master_key.clone(),
            create: self.create,
            authority: self.authority.issuing.clone(),
            root_pem: self.authority.root.certificate_pem().to_owned(),
            public_url: PUBLIC_URL.to_owned(),
            database_gate: Readiness::default().gate("directory-database"),
        })
        .await
    }

    pub async fn start(&self) -> TestServer {
        let directory = self.directory().await.unwrap();
        let tls = ServerTls {
            identities: vec![self.pki.server_ecdsa().server_identity()],
            trust: TrustStore::new(&self.pki.service_trust()).unwrap(),
            access: None,
        };
        let listener = test_listener("directory", tls, self.clock.clone());
        let url = format!("https://localhost:{}", listener.address().port());
        let shutdown = Shutdown::new();
        let served = actix_web::rt::spawn(listener.serve(directory.routes(), shutdown.signal()));
        TestServer {
            operator: self.client(Some(&self.pki.service(ServiceRole::Operator))),
            anonymous: self.client(None),
            setup: self.clone(),
            url,
            shutdown,
            served,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a caller brings its own HTTP client")]
    pub fn client(&self, shown: Option<&TestIdentity>) -> Client {
        let ca = Certificate::from_pem(self.pki.server_ca_pem().as_bytes()).unwrap();
        let builder = Client::builder().no_proxy().tls_certs_only([ca]);
        match shown {
            Some(shown) => builder.identity(
                Identity::from_pkcs8_pem(shown.chain_pem.as_bytes(), shown.key_pem.as_bytes())
                    .unwrap(),
            ),
            None => builder,
        }
        .build()
        .unwrap()
    }
}

impl TestServer {
    pub async fn on(database: &TestDatabase) -> Self {
        Setup::on(database).start().await
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Anybody's `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.anonymous.get(self.url(path))).await
    }

    /// The operator's `GET`.
    pub async fn look(&self, path: &str) -> Answer {
        Answer::of(self.operator.get(self.url(path))).await
    }

    /// The operator's `POST`.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.operator.post(self.url(path)).json(body)).await
    }

    /// An organisation `org1` with a software statement `app1`; the path of the latter.
    pub async fn app(&self) -> String {
        self.post(
            "/api/v1/organisations",
            &json!({ "organisation_id": "org1", "name": "Acme Limited" }),
        )
        .await
        .expect(201);
        let path = "/api/v1/organisations/org1/software-statements";
        let software = json!({
            "software_id": "app1",
            "client_name": "Acme Accounts",
            "redirect_uris": ["https://acme.example/redirect"],
            "roles": ["AISP", "PISP"],
        });
        self.post(path, &software).await.expect(201);
        format!("{path}/app1")
    }

    /// A certificate of `kind` over a new key for the software at `path`.
    pub async fn certificate(&self, path: &str, kind: &str, defect: Option<&str>) -> Value {
        let order = order(kind, defect);
        self.post(&format!("{path}/certificates"), &order).await.expect(201).json()
    }

    /// Stops and waits until nothing is served any more.
    pub async fn stop(self) {
        self.shutdown.trigger();
        self.served.await.unwrap().unwrap();
    }
}

fn order(kind: &str, defect: Option<&str>) -> Value {
    let key = PrivateKey::generate(KeyKind::P256).unwrap();
    let csr = SigningRequest::make(&key, "ignored").unwrap();
    match defect {
        Some(defect) => json!({ "kind": kind, "csr": csr, "defect": defect }),
        None => json!({ "kind": kind, "csr": csr }),
    }
}
