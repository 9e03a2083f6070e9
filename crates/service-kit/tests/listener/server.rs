//! A listener with handlers that show what reached them.

use actix_web::{HttpResponse, web};
use service_kit::{
    InteractionId, PresentedCertificate, TrustStore,
    access::{AccessRule, Caller},
    listener::{CertificateReloader, Limits, Listener, ListenerOptions, ServerTls},
    shutdown::Shutdown,
    trust_store::TrustAnchors,
};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use test_kit::{SeededRandom, TestClock, TestPki};
use tokio::{sync::Notify, task::JoinHandle};

/// A running listener.
pub struct TestServer {
    pub pki: TestPki,
    pub address: SocketAddr,
    pub trust: TrustStore,
    pub clock: Arc<TestClock>,
    pub certificates: CertificateReloader,
    pub seen: Arc<Seen>,
    pub shutdown: Shutdown,
    pub served: JoinHandle<std::io::Result<()>>,
}

/// What reached the handlers.
#[derive(Default)]
pub struct Seen {
    requests: Mutex<Vec<String>>,
    /// A waiting handler has begun.
    pub waiting: Notify,
    /// A waiting handler was dropped.
    pub cancelled: Notify,
    /// Lets a later answer go.
    pub release: Notify,
}

/// How a listener under test differs from a public one with default limits.
#[derive(Default)]
pub struct Setup {
    pub limits: Limits,
    pub anchors: TrustAnchors,
    pub access: Option<&'static [AccessRule]>,
    /// Whether it has an RSA certificate beside the ECDSA one.
    pub rsa: bool,
}

impl TestServer {
    /// A public listener that trusts the TPP authorities.
    pub fn public() -> Self {
        Self::with_limits(Limits::default())
    }

    pub fn with_limits(limits: Limits) -> Self {
        let pki = TestPki::new();
        let anchors = pki.tpp_trust();
        Self::start(pki, Setup { limits, anchors, ..Setup::default() })
    }

    /// A listener with both kinds of server certificate.
    pub fn with_rsa() -> Self {
        Self::start(TestPki::new(), Setup { rsa: true, ..Setup::default() })
    }

    pub fn start(pki: TestPki, setup: Setup) -> Self {
        let clock = Arc::new(TestClock::default());
        let trust = TrustStore::new(&setup.anchors).unwrap();
        let mut identities = vec![pki.server_ecdsa().server_identity()];
        identities.extend(setup.rsa.then(|| pki.server_rsa().server_identity()));
        let listener = Listener::bind(ListenerOptions {
            name: "test",
            bind: "127.0.0.1:0".parse().unwrap(),
            tls: ServerTls { identities, trust: trust.clone(), access: setup.access },
            limits: setup.limits,
            workers: 1,
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(1)),
        })
        .unwrap();
        let seen = Arc::new(Seen::default());
        let shutdown = Shutdown::new();
        Self {
            pki,
            address: listener.address(),
            trust,
            clock,
            certificates: listener.certificates(),
            seen: Arc::clone(&seen),
            served: tokio::spawn(listener.serve(routes(seen), shutdown.signal())),
            shutdown,
        }
    }
}

impl Seen {
    fn record(&self, request: String) {
        self.requests.lock().unwrap().push(request);
    }

    /// Every request that reached a handler, as `METHOD path body`.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Tells when a handler is dropped before its end.
struct OnDrop(Arc<Seen>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.cancelled.notify_one();
    }
}

fn routes(seen: Arc<Seen>) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static {
    move |config| {
        config
            .app_data(web::Data::from(Arc::clone(&seen)))
            .route("/who", web::get().to(who))
            .route("/caller", web::get().to(caller))
            .route("/items/{name}", web::get().to(item))
            .route("/interaction", web::get().to(interaction))
            .route("/echo", web::post().to(echo))
            .route("/ignore", web::post().to(ignore))
            .route("/wait", web::get().to(wait))
            .route("/later", web::get().to(later))
            .route("/large", web::get().to(large))
            .route("/verify", web::get().to(verify))
            .route("/fail", web::get().to(fail));
    }
}

async fn who(presented: PresentedCertificate) -> String {
    match presented {
        PresentedCertificate::Missing => "missing".to_owned(),
        PresentedCertificate::Rejected(reason) => format!("rejected {}", reason.as_str()),
        PresentedCertificate::Trusted(certificate) => format!("trusted {}", certificate.subject()),
    }
}

async fn caller(caller: Caller) -> String {
    caller.role().as_str().to_owned()
}

async fn item(name: web::Path<String>) -> String {
    name.into_inner()
}

async fn interaction(id: InteractionId) -> String {
    id.as_str().to_owned()
}

async fn echo(seen: web::Data<Seen>, body: web::Bytes) -> String {
    let body = String::from_utf8_lossy(&body).into_owned();
    seen.record(format!("POST /echo {body}"));
    body
}

/// Answers without a look at the body, as an early refusal does.
async fn ignore() -> HttpResponse {
    HttpResponse::Unauthorized().body("refused")
}

async fn wait(seen: web::Data<Seen>) -> HttpResponse {
    let seen = seen.into_inner();
    let _on_drop = OnDrop(Arc::clone(&seen));
    seen.waiting.notify_one();
    std::future::pending().await
}

async fn later(seen: web::Data<Seen>) -> &'static str {
    seen.waiting.notify_one();
    seen.release.notified().await;
    "later"
}

async fn large() -> web::Bytes {
    web::Bytes::from(vec![b'x'; 64 << 20])
}

/// Leaves entries in OpenSSL's error queue, as a careless handler would.
async fn verify() -> String {
    let certificate = |pem: &str| openssl::x509::X509::from_pem(pem.as_bytes()).unwrap();
    let pki = TestPki::new();
    let leaf = certificate(&pki.tpp("software", "organisation").certificate_pem);
    let stranger = certificate(&pki.service_ca_pem()).public_key().unwrap();
    format!("{}", leaf.verify(&stranger).unwrap())
}

async fn fail() -> Result<String, actix_web::Error> {
    Err(actix_web::error::ErrorInternalServerError("failed"))
}
