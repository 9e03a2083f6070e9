//! A verifier that keeps the key set for as long as it may, and asks no earlier.

use josekit::jwk::JwkSet;
use josekit::jws::RS256;
use josekit::jwt;
use reqwest::{Client, Response};
use std::time::Duration;
use tokio::time::Instant;

/// The key set as an HTTP cache holds it (RFC 9111).
#[derive(Debug)]
pub struct KeyCache {
    client: Client,
    url: String,
    kept: Option<Kept>,
}

#[derive(Debug)]
struct Kept {
    keys: JwkSet,
    fresh_until: Instant,
}

impl KeyCache {
    /// An empty cache of the keys of `identity`.
    pub fn new(client: &Client, identity: &str) -> Self {
        Self { client: client.clone(), url: format!("{identity}/oauth2/jwks"), kept: None }
    }

    /// The `kid` of the key that `token` is signed with; panics where the key set that is held has
    /// no such key, or where the signature is not that key's.
    pub async fn verify(&mut self, token: &str) -> String {
        let header = jwt::decode_header(token).expect("a header");
        let kid = header.claim("kid").and_then(|kid| kid.as_str()).expect("a kid").to_owned();
        let keys = self.keys().await;
        let [key] = keys.get(&kid)[..] else { panic!("{kid} is not published: {keys}") };
        let verifier = RS256.verifier_from_jwk(key).expect("a usable key");
        jwt::decode_with_verifier(token, &verifier).expect("the signature verifies");
        kid
    }

    async fn keys(&mut self) -> &JwkSet {
        let asked_at = Instant::now();
        if self.kept.as_ref().is_none_or(|kept| kept.fresh_until <= asked_at) {
            let answer = self.client.get(&self.url).send().await.expect("the key set");
            assert_eq!(answer.status(), 200);
            let fresh_until = asked_at + max_age(&answer);
            let text = answer.text().await.expect("a body");
            self.kept = Some(Kept { keys: JwkSet::from_bytes(text).expect("keys"), fresh_until });
        }
        &self.kept.as_ref().expect("just fetched").keys
    }
}

fn max_age(answer: &Response) -> Duration {
    let control = answer.headers()["cache-control"].to_str().expect("text");
    let seconds = control.split(", ").find_map(|part| part.strip_prefix("max-age="));
    Duration::from_secs(seconds.expect("a max-age").parse().expect("seconds"))
}
