//! What is attacked: an installation with a TPP that has a token.

use crate::bad_input::Request;
use crate::harness::{Installation, Storage, Tpp};
use std::net::SocketAddr;
use std::path::Path;
use test_kit::{TestAnswer, TestConnection, TestIdentity};

/// An installation, a TPP of it and that TPP's transport certificate.
pub(super) struct Target {
    pub(super) installation: Installation,
    pub(super) tpp: Tpp,
    pub(super) identity: TestIdentity,
}

impl Target {
    /// On SQLite.
    pub(super) async fn start() -> Self {
        Self::start_with(Storage::Sqlite, &[]).await
    }

    /// With further environment variables.
    pub(super) async fn start_with(storage: Storage, settings: &[(&str, &str)]) -> Self {
        // What is allowed is answered, and not waited with.
        let at_once = ("LOMBARD__EVENT_SERVICE__LONG_POLL__WHEN_ABSENT", "never");
        let installation = Installation::start_with(storage, &[settings, &[at_once]].concat());
        let mut tpp = installation.tpp("acme");
        tpp.authorize(&installation).await;
        let identity = identity(&tpp.files().join("transport"));
        Self { installation, tpp, identity }
    }

    /// Where a listener is bound, by its name in `ready.json`.
    pub(super) fn address(&self, listener: &str) -> SocketAddr {
        let url = self.installation.url(listener);
        let (_, port) = url.rsplit_once(':').expect("a port");
        SocketAddr::from(([127, 0, 0, 1], port.parse().expect("a port")))
    }

    /// A new connection that shows the TPP's certificate.
    pub(super) async fn connect(&self, listener: &str) -> TestConnection {
        TestConnection::open(self.address(listener), Some(&self.identity)).await
    }

    /// The answer to a request on a connection of its own.
    pub(super) async fn ask(&self, listener: &str, request: &Request) -> TestAnswer {
        self.connect(listener).await.ask(&request.bytes()).await
    }

    /// The same, with another certificate or none.
    pub(super) async fn ask_as(
        &self,
        identity: Option<&TestIdentity>,
        listener: &str,
        request: &Request,
    ) -> TestAnswer {
        TestConnection::open(self.address(listener), identity).await.ask(&request.bytes()).await
    }

    /// `name: value` of the TPP's token.
    pub(super) fn bearer(&self) -> String {
        format!("Bearer {}", self.tpp.access_token())
    }

    /// Nothing panicked, nothing was answered with a 5xx, and the process says it is ready.
    pub(super) async fn assert_unharmed(&self) {
        let log = self.installation.log();
        assert!(!log.contains("panicked"), "{log}");
        let faults: Vec<String> = self
            .operations("metrics")
            .await
            .lines()
            .filter(|line| line.starts_with("listener_answers_total") && line.contains("\"5xx\""))
            .filter(|line| !line.ends_with(" 0"))
            .map(ToOwned::to_owned)
            .collect();
        assert!(faults.is_empty(), "{faults:?}\n{log}");
        let ready = self.operations("health/ready").await;
        assert!(ready.contains("\"ready\":true"), "{ready}");
    }

    async fn operations(&self, path: &str) -> String {
        let url = format!("{}/{path}", self.installation.url("operations"));
        let answer = reqwest::get(url).await.expect("the operations listener answers");
        answer.text().await.expect("text")
    }
}

/// A certificate with its key from `BASE.crt` and `BASE.key`.
pub(super) fn identity(base: &Path) -> TestIdentity {
    let read = |extension: &str| {
        let path = base.with_extension(extension);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let chain_pem = read("crt");
    let end = "-----END CERTIFICATE-----\n";
    let leaf = chain_pem.find(end).expect("a PEM certificate") + end.len();
    TestIdentity { certificate_pem: chain_pem[..leaf].to_owned(), key_pem: read("key"), chain_pem }
}
