//! A directory of software: real TLS, documents that a test puts there, every request remembered.

use super::{Setup, TestServer};
use actix_web::{HttpRequest, HttpResponse, web};
use jose::{Algorithm, SigningHeader, SigningKey};
use key_manager::SsaIssuer;
use serde_json::{Map, Value, json};
use service_kit::shutdown::Shutdown;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use test_kit::test_listener;

/// Where the keys that sign software statements are.
pub const ISSUER_KEYS: &str = "/keystore/openbanking.jwks";

/// A directory that answers.
pub struct TestDirectory {
    pub url: String,
    /// Signs software statements.
    pub key: SigningKey,
    content: Arc<Content>,
    #[expect(dead_code, reason = "the listener stops with the last owner")]
    shutdown: Shutdown,
}

#[derive(Default)]
struct Content {
    documents: Mutex<HashMap<String, (u16, String)>>,
    requests: Mutex<Vec<String>>,
}

impl TestDirectory {
    /// Starts one; the key manager of `setup` will believe its software statements.
    pub fn start(setup: &mut Setup) -> Self {
        let content = Arc::new(Content::default());
        let listener = test_listener(
            "directory",
            setup.pki.public_tls(setup.pki.tpp_trust()),
            setup.clock.clone(),
        );
        let url = format!("https://localhost:{}", listener.address().port());
        let shutdown = Shutdown::new();
        let served = Arc::clone(&content);
        let routes = move |routes: &mut web::ServiceConfig| {
            routes
                .app_data(web::Data::from(Arc::clone(&served)))
                .default_service(web::to(document));
        };
        actix_web::rt::spawn(listener.serve(routes, shutdown.signal()));
        let key = SigningKey::generate(Algorithm::Ps256).unwrap();
        setup.outbound.allowed_origins.push(url.clone());
        setup.config.registration.ssa_issuers = vec![SsaIssuer {
            iss: "OpenBanking Ltd".to_owned(),
            jwks_url: format!("{url}{ISSUER_KEYS}"),
            jwks_origins: Vec::new(),
        }];
        let directory = Self { url, key, content, shutdown };
        directory.put_keys(ISSUER_KEYS, &[&directory.key]);
        directory
    }

    /// A key manager that believes a new directory.
    pub async fn with_server(mut setup: Setup) -> (Self, TestServer) {
        let directory = Self::start(&mut setup);
        (directory, setup.start().await)
    }

    /// Publishes `text` at `path`.
    pub fn put(&self, path: &str, status: u16, text: impl Into<String>) {
        self.content.documents.lock().unwrap().insert(path.to_owned(), (status, text.into()));
    }

    /// Publishes a JWK set at `path`.
    pub fn put_keys(&self, path: &str, keys: &[&SigningKey]) {
        let keys: Vec<_> = keys.iter().map(|key| key.public_jwk(None)).collect();
        self.put(path, 200, json!({ "keys": keys }).to_string());
    }

    /// The paths asked for since the last call.
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut self.content.requests.lock().unwrap())
    }

    /// Signs a software statement.
    pub fn sign(&self, claims: &Map<String, Value>) -> String {
        sign(&self.key, claims)
    }
}

/// A compact JWS of `claims` that names its key.
pub fn sign(key: &SigningKey, claims: &Map<String, Value>) -> String {
    let header = SigningHeader {
        key_id: Some(key.key_id().to_owned()),
        token_type: Some("JWT".to_owned()),
        ..SigningHeader::default()
    };
    key.sign(&header, Value::Object(claims.clone()).to_string().as_bytes()).unwrap()
}

async fn document(request: HttpRequest, content: web::Data<Content>) -> HttpResponse {
    content.requests.lock().unwrap().push(request.path().to_owned());
    let found = content.documents.lock().unwrap().get(request.path()).cloned();
    let (status, text) = found.unwrap_or_else(|| (404, String::new()));
    HttpResponse::build(status.try_into().unwrap()).content_type("application/json").body(text)
}
