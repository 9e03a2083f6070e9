//! Workers that get tokens, and workers that use those that others got before.

use super::key_cache::KeyCache;
use crate::harness::{Installation, Tpp};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use test_kit::{ForgedSignature, forged_jws};
use tokio::sync::watch;
use tokio::task::JoinSet;

const GETTERS: usize = 4;
const USERS: usize = 2;

/// A running load.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    tpp: Tpp,
    key_id: String,
    key_pem: String,
    issuer: String,
    tokens: Mutex<Vec<String>>,
    /// By the `kid` of the key that signed it.
    first_tokens: watch::Sender<BTreeMap<String, String>>,
    assertions: AtomicUsize,
    is_over: AtomicBool,
}

impl Load {
    /// Starts workers that ask the key managers at `identities` for tokens of `tpp`.
    pub fn start(installation: &Installation, tpp: &Tpp, identities: &[String]) -> Self {
        let shared = Arc::new(Shared {
            tpp: tpp.clone(),
            key_id: key_id(tpp),
            key_pem: file(tpp, "signing.key"),
            issuer: format!("{}/oauth2/token", installation.url("identity")),
            tokens: Mutex::default(),
            first_tokens: watch::Sender::default(),
            assertions: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        });
        let mut tasks = JoinSet::new();
        for worker in 0..GETTERS {
            let identity = &identities[worker % identities.len()];
            // The keys of another key manager than the one that signs, where there are two.
            let keys = &identities[(worker + 1) % identities.len()];
            let cache = KeyCache::new(tpp.client(), keys);
            tasks.spawn(get_and_use(Arc::clone(&shared), identity.clone(), cache));
        }
        for _ in 0..USERS {
            tasks.spawn(use_older(Arc::clone(&shared)));
        }
        Self { shared, tasks }
    }

    /// Waits until a token is signed with the key `kid`.
    pub async fn until_signed_with(&self, kid: &str) {
        let mut tokens = self.shared.first_tokens.subscribe();
        tokens.wait_for(|tokens| tokens.contains_key(kid)).await.expect("the load runs");
    }

    /// Ends the load, which must have gone well, and uses the first token of every key once more;
    /// the `kid`s of all.
    pub async fn finish(mut self) -> BTreeSet<String> {
        self.shared.is_over.store(true, Ordering::SeqCst);
        while let Some(ended) = self.tasks.join_next().await {
            ended.expect("no request of the load is refused");
        }
        let first = self.shared.first_tokens.borrow().clone();
        for token in first.values() {
            self.shared.use_token(token).await;
        }
        first.into_keys().collect()
    }
}

async fn get_and_use(shared: Arc<Shared>, identity: String, mut keys: KeyCache) {
    while !shared.is_over.load(Ordering::SeqCst) {
        let assertion = shared.assertion();
        let answer = shared.tpp.request_token_at(&identity, &assertion).await;
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap_or_default());
        let answer: Value = answer.json().await.expect("JSON");
        let token = answer["access_token"].as_str().expect("a token").to_owned();
        let kid = keys.verify(&token).await;
        shared.use_token(&token).await;
        shared.first_tokens.send_if_modified(|first| match first.entry(kid) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(token.clone());
                true
            }
        });
        shared.tokens.lock().expect("no panic").push(token);
    }
}

async fn use_older(shared: Arc<Shared>) {
    let mut next = 0;
    while !shared.is_over.load(Ordering::SeqCst) {
        let token = {
            let tokens = shared.tokens.lock().expect("no panic");
            next = (next + 1) % tokens.len().max(1);
            tokens.get(next).cloned()
        };
        match token {
            Some(token) => shared.use_token(&token).await,
            None => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
}

impl Shared {
    async fn use_token(&self, token: &str) {
        let poll = json!({"maxEvents": 1, "returnImmediately": true});
        let answer = self.tpp.poll_request_with(token, &poll).send().await.expect("an answer");
        let status = answer.status();
        assert_eq!(status, 200, "{}", answer.text().await.unwrap_or_default());
    }

    #[expect(clippy::disallowed_methods, reason = "a black-box test has the system's clock")]
    fn assertion(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let number = self.assertions.fetch_add(1, Ordering::SeqCst);
        let client_id = self.tpp.client_id();
        let header = json!({"alg": "PS256", "kid": self.key_id});
        let claims = json!({
            "iss": client_id, "sub": client_id, "aud": self.issuer,
            "iat": now, "exp": now + 60, "jti": format!("assertion-{number}"),
        });
        let signature = ForgedSignature::Ps256(&self.key_pem);
        forged_jws(&header.to_string(), claims.to_string(), signature)
    }
}

fn key_id(tpp: &Tpp) -> String {
    let keys: Value = serde_json::from_str(&file(tpp, "jwks.json")).expect("JSON");
    keys["keys"][0]["kid"].as_str().expect("a kid").to_owned()
}

fn file(tpp: &Tpp, name: &str) -> String {
    std::fs::read_to_string(tpp.files().join(name)).expect("a file of the TPP")
}
