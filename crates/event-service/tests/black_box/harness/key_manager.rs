//! What the event service needs of a key manager's internal API, over mutual TLS.

use actix_web::{HttpResponse, web};
use certificates::ServiceRole;
use jose::KeySet;
use serde_json::{Value, json};
use service_kit::access::{AccessRule, CallerRole};
use service_kit::errors::problem::problem;
use service_kit::shutdown::StopSignal;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use test_kit::{TestClock, TestPki, test_listener};

/// A stand-in with a memory.
#[derive(Clone)]
pub struct KeyManagerStandIn {
    pub address: SocketAddr,
    memory: Arc<Mutex<Memory>>,
}

#[derive(Default)]
struct Memory {
    clients: HashMap<String, Value>,
    asked: Vec<String>,
    published: Vec<(String, Value)>,
    away: bool,
    /// Changes told so far, once there is a feed.
    feed: Option<Vec<Value>>,
    refuses_publications: bool,
}

impl KeyManagerStandIn {
    pub fn start(pki: &TestPki, clock: &Arc<TestClock>, stop: StopSignal) -> Self {
        let tls = pki.internal_tls(ServiceRole::KeyManager, Some(ACCESS));
        let listener = test_listener("key-manager", tls, clock.clone());
        let stand_in = Self { address: listener.address(), memory: Arc::default() };
        tokio::spawn(listener.serve(routes(stand_in.clone()), stop));
        stand_in
    }

    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    pub fn set_client(&self, client_id: &str, status: &str) {
        let document = json!({
            "client_id": client_id, "status": status, "roles": ["AISP"], "scopes": ["accounts"],
            "jwks": {"keys": []},
        });
        self.lock().clients.insert(client_id.to_owned(), document);
    }

    /// The client signs as `organisation/software` with these keys.
    pub fn set_signer(&self, client_id: &str, (organisation, software): (&str, &str), jwks: Value) {
        let mut memory = self.lock();
        let client = memory.clients.get_mut(client_id).unwrap();
        client["organisation_id"] = organisation.into();
        client["software_id"] = software.into();
        client["jwks"] = jwks;
    }

    /// Describes `client_id` when asked for `alias`.
    pub fn set_alias(&self, alias: &str, client_id: &str) {
        let mut memory = self.lock();
        let document = memory.clients[client_id].clone();
        memory.clients.insert(alias.to_owned(), document);
    }

    /// Has a feed from now on.
    pub fn open_feed(&self) {
        self.lock().feed.get_or_insert_default();
    }

    /// Tells in the feed what has become of a client.
    pub fn tell(&self, client_id: &str, status: &str) {
        let change = json!({ "type": "client_changed", "client_id": client_id, "status": status });
        self.lock().feed.as_mut().unwrap().push(change);
    }

    /// Forgets what the feed told.
    pub fn forget_changes(&self) {
        let mut memory = self.lock();
        let feed = memory.feed.as_mut().unwrap();
        let told = feed.len();
        *feed = vec![Value::Null; told + 1];
    }

    pub fn remove_client(&self, client_id: &str) {
        self.lock().clients.remove(client_id);
    }

    /// Answers 503 to everything, or no longer.
    pub fn set_away(&self, away: bool) {
        self.lock().away = away;
    }

    /// Answers 503 to publications only, or no longer.
    pub fn refuse_publications(&self, refuse: bool) {
        self.lock().refuses_publications = refuse;
    }

    /// The client ids that were asked for, in order.
    pub fn asked(&self) -> Vec<String> {
        self.lock().asked.clone()
    }

    /// The bodies of publications, in order, with the `kid` of their path: of each key the form for
    /// RS256, before which the one for PS256 was published.
    pub fn published(&self) -> Vec<(String, Value)> {
        let mut published = self.lock().published.clone();
        published.retain(|(kid, _)| !kid.ends_with("_PS256"));
        published
    }

    /// Every key in every form as receivers find them at `/oauth2/jwks`.
    pub fn jwks(&self) -> String {
        let published = self.lock().published.clone();
        let keys: HashMap<&str, &Value> =
            published.iter().map(|(kid, body)| (kid.as_str(), &body["jwk"])).collect();
        json!({"keys": keys.values().collect::<Vec<_>>()}).to_string()
    }

    /// The `kid`s that were ever published, each once.
    pub fn key_ids(&self) -> Vec<String> {
        let mut kids: Vec<_> = self.published().into_iter().map(|(kid, _)| kid).collect();
        kids.sort();
        kids.dedup();
        kids
    }

    /// Until when `kid` is to be published, by the last word.
    pub fn retained_until(&self, kid: &str) -> String {
        let published = self.published();
        let last = published.iter().rfind(|(known, _)| known == kid).unwrap();
        last.1["retain_until"].as_str().unwrap().to_owned()
    }

    /// The published keys as receivers find them.
    pub fn key_set(&self) -> KeySet {
        let keys: Vec<Value> =
            self.published().into_iter().map(|(_, body)| body["jwk"].clone()).collect();
        KeySet::parse(&json!({"keys": [keys.last().unwrap()]}).to_string()).unwrap()
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap()
    }
}

fn routes(stand_in: KeyManagerStandIn) -> impl Fn(&mut web::ServiceConfig) + Clone + Send {
    move |config| {
        config
            .app_data(web::Data::new(stand_in.clone()))
            .route("/internal/v1/clients/{id}", web::get().to(client))
            .route("/internal/v1/clients/{id}/keys", web::get().to(client_keys))
            .route("/internal/v1/state", web::get().to(state))
            .route("/internal/v1/changes", web::get().to(changes))
            .route("/internal/v1/published-keys/{kid}", web::put().to(publish));
    }
}

async fn client(stand_in: web::Data<KeyManagerStandIn>, id: web::Path<String>) -> HttpResponse {
    let mut memory = stand_in.lock();
    memory.asked.push(id.clone());
    if memory.away {
        return HttpResponse::ServiceUnavailable().finish();
    }
    match memory.clients.get(&*id) {
        Some(document) => HttpResponse::Ok().json(document),
        None => problem(actix_web::http::StatusCode::NOT_FOUND, "no_such_client", "No such client"),
    }
}

async fn client_keys(
    stand_in: web::Data<KeyManagerStandIn>,
    id: web::Path<String>,
) -> HttpResponse {
    let memory = stand_in.lock();
    if memory.away {
        return HttpResponse::ServiceUnavailable().finish();
    }
    let client = &memory.clients[&*id];
    let members = ["organisation_id", "software_id", "jwks"];
    let shown: serde_json::Map<_, _> =
        members.map(|name| (name.to_owned(), client[name].clone())).into_iter().collect();
    HttpResponse::Ok().json(shown)
}

async fn state(stand_in: web::Data<KeyManagerStandIn>) -> HttpResponse {
    let memory = stand_in.lock();
    let Some(feed) = memory.feed.as_ref().filter(|_| !memory.away) else {
        return HttpResponse::ServiceUnavailable().finish();
    };
    let clients: Vec<_> = memory.clients.values().cloned().collect();
    HttpResponse::Ok().json(json!({ "position": feed.len(), "clients": clients }))
}

/// Waits a moment only, so that nothing here has to be woken.
async fn changes(
    stand_in: web::Data<KeyManagerStandIn>,
    query: web::Query<HashMap<String, String>>,
) -> HttpResponse {
    actix_web::rt::time::sleep(std::time::Duration::from_millis(5)).await;
    let memory = stand_in.lock();
    let Some(feed) = memory.feed.as_ref().filter(|_| !memory.away) else {
        return HttpResponse::ServiceUnavailable().finish();
    };
    let news = &feed[query["after"].parse::<usize>().unwrap()..];
    if news.contains(&Value::Null) {
        return HttpResponse::Gone().finish();
    }
    HttpResponse::Ok().json(json!({ "changes": news, "next": feed.len() }))
}

async fn publish(
    stand_in: web::Data<KeyManagerStandIn>,
    kid: web::Path<String>,
    body: web::Json<Value>,
) -> HttpResponse {
    let mut memory = stand_in.lock();
    if memory.away || memory.refuses_publications {
        return HttpResponse::ServiceUnavailable().finish();
    }
    memory.published.push((kid.into_inner(), body.into_inner()));
    HttpResponse::NoContent().finish()
}

static ACCESS: &[AccessRule] = &[
    AccessRule {
        method: actix_web::http::Method::GET,
        path: "/internal/v1/clients/",
        callers: &[CallerRole::EventService],
    },
    AccessRule {
        method: actix_web::http::Method::GET,
        path: "/internal/v1/state",
        callers: &[CallerRole::EventService],
    },
    AccessRule {
        method: actix_web::http::Method::GET,
        path: "/internal/v1/changes",
        callers: &[CallerRole::EventService],
    },
    AccessRule {
        method: actix_web::http::Method::PUT,
        path: "/internal/v1/published-keys/",
        callers: &[CallerRole::EventService],
    },
];
