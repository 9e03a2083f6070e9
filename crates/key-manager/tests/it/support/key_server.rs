//! A server of keys, good and bad.

use super::{Pki, Setup};
use actix_web::{HttpResponse, web};
use jose::SigningKey;
use serde_json::json;
use service_kit::shutdown::Shutdown;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use test_kit::test_listener;

/// What a server of keys answers.
#[derive(Clone)]
pub enum KeyAnswer {
    /// This, with status 200.
    Body(String),
    /// A body that does not end before it has a gigabyte.
    Endless,
    /// Nothing, ever.
    Nothing,
    /// A redirect.
    Redirect(String),
    /// This status.
    Status(u16),
}

/// A server of keys on a TLS listener of its own; stops with the value.
pub struct KeyServer {
    pub origin: String,
    shared: Arc<Shared>,
    #[expect(dead_code, reason = "its end is the server's")]
    shutdown: Shutdown,
}

struct Shared {
    answer: Mutex<KeyAnswer>,
    calls: AtomicUsize,
}

impl KeyServer {
    /// A server that answers with no keys.
    pub fn start(pki: &Pki, setup: &Setup) -> Self {
        let listener = test_listener("keys", pki.public_tls(pki.tpp_trust()), setup.clock.clone());
        let origin = format!("https://localhost:{}", listener.address().port());
        let shared = Arc::new(Shared {
            answer: Mutex::new(KeyAnswer::Body(json!({ "keys": [] }).to_string())),
            calls: AtomicUsize::new(0),
        });
        let shutdown = Shutdown::new();
        let served = Arc::clone(&shared);
        let routes = move |routes: &mut web::ServiceConfig| {
            let shared = Arc::clone(&served);
            routes.default_service(web::to(move || answer(Arc::clone(&shared))));
        };
        actix_web::rt::spawn(listener.serve(routes, shutdown.signal()));
        Self { origin, shared, shutdown }
    }

    /// A set-up that may call it.
    pub fn with_setup() -> (Self, Setup) {
        let mut setup = Setup::sqlite();
        let server = Self::start(&setup.pki, &setup);
        setup.outbound.allowed_origins = vec![server.origin.clone()];
        setup.config.jwks_timeout_seconds = 1;
        (server, setup)
    }

    pub fn url(&self) -> String {
        format!("{}/jwks", self.origin)
    }

    pub fn set(&self, answer: KeyAnswer) {
        *self.shared.answer.lock().unwrap() = answer;
    }

    pub fn set_keys(&self, keys: &[&SigningKey]) {
        let keys: Vec<_> = keys.iter().map(|key| key.public_jwk(None)).collect();
        self.set(KeyAnswer::Body(json!({ "keys": keys }).to_string()));
    }

    /// How often it was called.
    pub fn calls(&self) -> usize {
        self.shared.calls.load(Ordering::SeqCst)
    }
}

async fn answer(shared: Arc<Shared>) -> HttpResponse {
    shared.calls.fetch_add(1, Ordering::SeqCst);
    let answer = shared.answer.lock().unwrap().clone();
    match answer {
        KeyAnswer::Body(body) => HttpResponse::Ok().content_type("application/json").body(body),
        KeyAnswer::Endless => {
            let block = web::Bytes::from(vec![b' '; 1 << 20]);
            let blocks = (0..1024).map(move |_| Ok::<_, std::io::Error>(block.clone()));
            HttpResponse::Ok().streaming(futures_util::stream::iter(blocks))
        }
        KeyAnswer::Nothing => futures_util::future::pending().await,
        KeyAnswer::Redirect(location) => {
            HttpResponse::Found().insert_header(("location", location)).finish()
        }
        KeyAnswer::Status(status) => HttpResponse::build(status.try_into().unwrap()).finish(),
    }
}
