//! What the gateway sees of a key manager: its token keys.

use super::{serve, soon};
use actix_web::{HttpResponse, web};
use certificates::ServiceRole;
use jose::{Algorithm, SigningKey};
use service_kit::SharedClock;
use service_kit::shutdown::Shutdown;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use test_kit::TestPki;
use tokio::sync::watch;

pub const ISSUER: &str = "https://localhost:9446/oauth2/token";

/// Hands out token keys, and counts how often.
pub struct KeyManagerStandIn {
    address: OnceLock<SocketAddr>,
    keys: Mutex<Vec<SigningKey>>,
    issuer: Mutex<String>,
    is_down: AtomicBool,
    fetches: watch::Sender<usize>,
}

impl KeyManagerStandIn {
    pub fn start(pki: &TestPki, shutdown: &Shutdown, clock: SharedClock) -> Arc<Self> {
        let stand_in = Arc::new(Self {
            address: OnceLock::new(),
            keys: Mutex::new(vec![signing_key("token-key-1")]),
            issuer: Mutex::new(ISSUER.to_owned()),
            is_down: AtomicBool::new(false),
            fetches: watch::Sender::new(0),
        });
        let data = web::Data::from(Arc::clone(&stand_in));
        let routes = move |config: &mut web::ServiceConfig| {
            config
                .app_data(data.clone())
                .route("/internal/v1/token-keys", web::get().to(token_keys));
        };
        let tls = pki.internal_tls(ServiceRole::KeyManager, None);
        let address = serve(tls, clock, shutdown, routes);
        stand_in.address.set(address).unwrap();
        stand_in
    }

    pub fn url(&self) -> String {
        format!("https://localhost:{}/internal/v1/token-keys", self.address.get().unwrap().port())
    }

    /// The key that signs tokens now.
    pub fn signing_key(&self) -> SigningKey {
        self.keys.lock().unwrap().last().unwrap().clone()
    }

    /// Signs with `key` from now on; the old ones stay published.
    pub fn publish(&self, key: SigningKey) {
        self.keys.lock().unwrap().push(key);
    }

    pub fn set_issuer(&self, issuer: &str) {
        issuer.clone_into(&mut self.issuer.lock().unwrap());
    }

    /// Answers 503 from now on.
    pub fn go_down(&self) {
        self.is_down.store(true, Ordering::SeqCst);
    }

    /// How often the keys were asked for.
    pub fn fetches(&self) -> usize {
        *self.fetches.borrow()
    }

    /// Waits until the keys were asked for so many times.
    pub async fn fetched(&self, times: usize) {
        let mut fetches = self.fetches.subscribe();
        soon(fetches.wait_for(|count| *count >= times)).await.unwrap();
    }
}

async fn token_keys(stand_in: web::Data<KeyManagerStandIn>) -> HttpResponse {
    stand_in.fetches.send_modify(|count| *count += 1);
    if stand_in.is_down.load(Ordering::SeqCst) {
        return HttpResponse::ServiceUnavailable().finish();
    }
    let keys = stand_in.keys.lock().unwrap();
    let keys: Vec<_> = keys.iter().map(|key| key.public_jwk(None)).collect();
    let issuer = stand_in.issuer.lock().unwrap().clone();
    HttpResponse::Ok().json(serde_json::json!({ "issuer": issuer, "keys": keys }))
}

/// ES256, because such keys are made fast.
pub fn signing_key(key_id: &str) -> SigningKey {
    SigningKey::generate(Algorithm::Es256).unwrap().with_key_id(key_id)
}
