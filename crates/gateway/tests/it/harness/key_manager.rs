//! What the gateway sees of a key manager: its token keys, its clients and what changes.

use super::{CLIENT_ID, serve, soon};
use actix_web::{HttpResponse, web};
use certificates::ServiceRole;
use jose::{Algorithm, SigningKey};
use serde::Deserialize;
use serde_json::{Value, json};
use service_kit::SharedClock;
use service_kit::shutdown::Shutdown;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use test_kit::TestPki;
use tokio::sync::watch;

pub const ISSUER: &str = "https://localhost:9446/oauth2/token";

/// Hands out token keys, clients and changes, and counts how often.
pub struct KeyManagerStandIn {
    address: OnceLock<SocketAddr>,
    keys: Mutex<Vec<SigningKey>>,
    issuer: Mutex<String>,
    is_down: AtomicBool,
    fetches: watch::Sender<usize>,
    /// Questions about one client, which wait while they are held.
    questions: watch::Sender<usize>,
    is_holding: watch::Sender<bool>,
    is_hiding: AtomicBool,
    clients: Mutex<BTreeMap<String, Value>>,
    revoked: Mutex<Vec<Value>>,
    trusted: Mutex<Vec<String>>,
    /// All changes ever; those before `kept_from` are no longer told.
    changes: watch::Sender<Vec<Value>>,
    kept_from: Mutex<usize>,
    states: watch::Sender<usize>,
    /// The largest position that the gateway has asked after.
    asked_after: watch::Sender<usize>,
}

impl KeyManagerStandIn {
    pub fn start(pki: &TestPki, shutdown: &Shutdown, clock: SharedClock) -> Arc<Self> {
        let stand_in = Arc::new(Self {
            address: OnceLock::new(),
            keys: Mutex::new(vec![signing_key("token-key-1")]),
            issuer: Mutex::new(ISSUER.to_owned()),
            is_down: AtomicBool::new(false),
            fetches: watch::Sender::new(0),
            questions: watch::Sender::new(0),
            is_holding: watch::Sender::new(false),
            is_hiding: AtomicBool::new(false),
            clients: Mutex::new([(CLIENT_ID.to_owned(), client(CLIENT_ID, 0))].into()),
            revoked: Mutex::default(),
            trusted: Mutex::default(),
            changes: watch::Sender::default(),
            kept_from: Mutex::new(0),
            states: watch::Sender::new(0),
            asked_after: watch::Sender::new(0),
        });
        let data = web::Data::from(Arc::clone(&stand_in));
        let routes = move |config: &mut web::ServiceConfig| {
            config
                .app_data(data.clone())
                .route("/internal/v1/token-keys", web::get().to(token_keys))
                .route("/internal/v1/state", web::get().to(state))
                .route("/internal/v1/changes", web::get().to(changes))
                .route("/internal/v1/clients/{id}", web::get().to(one_client));
        };
        let tls = pki.internal_tls(ServiceRole::KeyManager, None);
        let address = serve(tls, clock, shutdown, routes);
        stand_in.address.set(address).unwrap();
        stand_in
    }

    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.get().unwrap().port())
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
        // Ends the long poll that is under way.
        self.changes.send_modify(|_| ());
    }

    pub fn come_back(&self) {
        self.is_down.store(false, Ordering::SeqCst);
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

    /// How often one client was asked about.
    pub fn questions(&self) -> usize {
        *self.questions.borrow()
    }

    /// Waits until one client was asked about so many times.
    pub async fn questioned(&self, times: usize) {
        let mut questions = self.questions.subscribe();
        soon(questions.wait_for(|count| *count >= times)).await.unwrap();
    }

    /// Keeps answers about one client back, or lets them go.
    pub fn hold(&self, holding: bool) {
        self.is_holding.send_replace(holding);
    }

    /// Does not tell the state any more.
    pub fn hide_clients(&self) {
        self.is_hiding.store(true, Ordering::SeqCst);
    }

    pub fn show_clients(&self) {
        self.is_hiding.store(false, Ordering::SeqCst);
    }

    /// How often the state was read.
    pub fn states(&self) -> usize {
        *self.states.borrow()
    }

    /// Waits until the state was read so many times, and the changes after it were asked for.
    pub async fn state_read(&self, times: usize) {
        let mut states = self.states.subscribe();
        soon(states.wait_for(|count| *count >= times)).await.unwrap();
        self.told().await;
    }

    /// A client as of now, without telling the feed.
    pub fn register_silently(&self, client: Value) {
        let id = client["client_id"].as_str().unwrap().to_owned();
        self.clients.lock().unwrap().insert(id, client);
    }

    /// A client as of now; waits until the gateway knows.
    pub async fn set_client(&self, change: &str, client: Value) {
        self.register_silently(client.clone());
        let mut entry = client;
        entry["type"] = change.into();
        self.tell(entry).await;
    }

    /// Deletes a client; waits until the gateway knows.
    pub async fn delete(&self, id: &str) {
        let mut entry = self.clients.lock().unwrap().remove(id).unwrap();
        entry["status"] = "deleted".into();
        entry["type"] = "client_deleted".into();
        self.tell(entry).await;
    }

    /// Revokes a token without telling the feed.
    pub fn revoke_silently(&self, jti: &str, expires_at: i64) -> Value {
        let token = json!({ "jti": jti, "client_id": CLIENT_ID, "expires_at": expires_at });
        self.revoked.lock().unwrap().push(token.clone());
        token
    }

    /// Revokes a token; waits until the gateway knows.
    pub async fn revoke(&self, jti: &str, expires_at: i64) {
        let mut entry = self.revoke_silently(jti, expires_at);
        entry["type"] = "token_revoked".into();
        self.tell(entry).await;
    }

    /// Trusts exactly this certificate; waits until the gateway has read the state that says so.
    pub async fn trust(&self, certificates: Vec<String>) {
        *self.trusted.lock().unwrap() = certificates;
        let states = self.states();
        self.tell(json!({ "type": "trust_changed" })).await;
        self.state_read(states + 1).await;
    }

    /// Adds an entry to the feed, and waits until the gateway has taken it in: it takes in what it
    /// was told before it asks for more.
    pub async fn tell(&self, entry: Value) {
        self.record(entry);
        self.told().await;
    }

    /// Adds an entry to the feed.
    pub fn record(&self, mut entry: Value) {
        self.changes.send_modify(|changes| {
            entry["position"] = (changes.len() + 1).into();
            changes.push(entry);
        });
    }

    /// Waits until the gateway has asked after the last change.
    pub async fn told(&self) {
        let last = self.changes.borrow().len();
        let mut asked_after = self.asked_after.subscribe();
        soon(asked_after.wait_for(|position| *position >= last)).await.unwrap();
    }

    /// Keeps no change that there is now: whoever asks after an older one is told 410.
    pub fn forget_changes(&self) {
        *self.kept_from.lock().unwrap() = self.changes.borrow().len();
    }

    fn answers(&self) -> bool {
        !self.is_down.load(Ordering::SeqCst)
    }
}

/// An active client with all roles.
pub fn client(id: &str, tokens_not_before: i64) -> Value {
    json!({
        "client_id": id,
        "status": "active",
        "roles": ["AISP", "PISP", "CBPII"],
        "tokens_not_before": tokens_not_before,
    })
}

async fn token_keys(stand_in: web::Data<KeyManagerStandIn>) -> HttpResponse {
    stand_in.fetches.send_modify(|count| *count += 1);
    if !stand_in.answers() {
        return HttpResponse::ServiceUnavailable().finish();
    }
    let keys = stand_in.keys.lock().unwrap();
    let keys: Vec<_> = keys.iter().map(|key| key.public_jwk(None)).collect();
    let issuer = stand_in.issuer.lock().unwrap().clone();
    HttpResponse::Ok().json(json!({ "issuer": issuer, "keys": keys }))
}

async fn state(stand_in: web::Data<KeyManagerStandIn>) -> HttpResponse {
    if !stand_in.answers() || stand_in.is_hiding.load(Ordering::SeqCst) {
        return HttpResponse::ServiceUnavailable().finish();
    }
    stand_in.states.send_modify(|count| *count += 1);
    let clients: Vec<Value> = stand_in.clients.lock().unwrap().values().cloned().collect();
    HttpResponse::Ok().json(json!({
        "position": stand_in.changes.borrow().len(),
        "clients": clients,
        "revoked_tokens": *stand_in.revoked.lock().unwrap(),
        "trusted_certificates": *stand_in.trusted.lock().unwrap(),
    }))
}

#[derive(Deserialize)]
struct After {
    after: usize,
    wait: u64,
}

async fn changes(stand_in: web::Data<KeyManagerStandIn>, query: web::Query<After>) -> HttpResponse {
    let After { after, wait } = query.into_inner();
    let mut changes = stand_in.changes.subscribe();
    stand_in.asked_after.send_if_modified(|asked| {
        let is_later = after > *asked;
        *asked = (*asked).max(after);
        is_later
    });
    let is_news = |changes: &Vec<Value>| changes.len() > after || !stand_in.answers();
    let waited = tokio::time::timeout(Duration::from_secs(wait), changes.wait_for(is_news)).await;
    drop(waited);
    if !stand_in.answers() {
        return HttpResponse::ServiceUnavailable().finish();
    }
    if after < *stand_in.kept_from.lock().unwrap() {
        return HttpResponse::Gone().finish();
    }
    let changes = stand_in.changes.borrow();
    HttpResponse::Ok().json(json!({ "changes": changes[after..], "next": changes.len() }))
}

async fn one_client(stand_in: web::Data<KeyManagerStandIn>, id: web::Path<String>) -> HttpResponse {
    stand_in.questions.send_modify(|count| *count += 1);
    let mut holding = stand_in.is_holding.subscribe();
    holding.wait_for(|holding| !holding).await.unwrap();
    if !stand_in.answers() {
        return HttpResponse::ServiceUnavailable().finish();
    }
    match stand_in.clients.lock().unwrap().get(id.as_str()) {
        Some(client) => HttpResponse::Ok().json(client),
        None => HttpResponse::NotFound().finish(),
    }
}

/// ES256, because such keys are made fast.
pub fn signing_key(key_id: &str) -> SigningKey {
    SigningKey::generate(Algorithm::Es256).unwrap().with_key_id(key_id)
}
