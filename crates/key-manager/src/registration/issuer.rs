//! Issuers of software statements and their keys, read again now and then.

use super::config::SsaIssuer;
use jose::{Header, KeySet};
use service_kit::outbound::GuardedClient;
use std::sync::Arc;
use tokio::sync::Mutex;
use url::Url;

/// A configured issuer.
#[derive(Debug)]
pub(super) struct StatementIssuer {
    name: String,
    jwks_url: String,
    /// Where the keys of its software may be.
    origins: Vec<String>,
    /// How long its keys serve, in seconds.
    keys_serve: i64,
    known: Mutex<KnownKeys>,
}

/// What the last reading found, and when the last two attempts were.
#[derive(Debug, Default)]
struct KnownKeys {
    keys: Option<Arc<KeySet>>,
    read_at: i64,
    failed_at: Option<i64>,
}

/// The issuer's keys cannot be read, and never could be.
#[derive(Debug)]
pub(super) struct IssuerKeysUnavailable;

impl StatementIssuer {
    /// The issuer that `config` names; `None` where a URL or an origin is none.
    pub(super) fn new(config: &SsaIssuer, keys_serve: u32) -> Option<Self> {
        let mut origins = vec![origin(&config.jwks_url)?];
        for allowed in &config.jwks_origins {
            origins.push(origin(allowed)?);
        }
        Some(Self {
            name: config.iss.clone(),
            jwks_url: config.jwks_url.clone(),
            origins,
            keys_serve: keys_serve.into(),
            known: Mutex::default(),
        })
    }

    /// `iss` of its statements.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the keys of its software may be at `url`.
    pub(super) fn vouches_for(&self, url: &str) -> bool {
        origin(url).is_some_and(|origin| self.origins.contains(&origin))
    }

    /// The keys to verify a statement of this `header` with: those known where they are fresh and
    /// have one for it, else those published now; the known ones again where nothing answers. One
    /// caller reads, the others wait for it.
    pub(super) async fn keys(
        &self,
        outbound: &GuardedClient,
        header: &Header,
        now: i64,
    ) -> Result<Arc<KeySet>, IssuerKeysUnavailable> {
        let mut known = self.known.lock().await;
        if let Some(keys) = known.serve(header, now, self.keys_serve) {
            return Ok(keys);
        }
        if known.failed_at.is_some_and(|at| now.saturating_sub(at) < RETRY_AFTER) {
            return known.keys.clone().ok_or(IssuerKeysUnavailable);
        }
        match fetch(outbound, &self.jwks_url).await {
            Ok(keys) => {
                *known = KnownKeys { keys: Some(Arc::new(keys)), read_at: now, failed_at: None };
            }
            Err(reason) => {
                tracing::warn!(issuer = self.name, reason, "the issuer's keys cannot be read");
                known.failed_at = Some(now);
            }
        }
        known.keys.clone().ok_or(IssuerKeysUnavailable)
    }
}

impl KnownKeys {
    fn serve(&self, header: &Header, now: i64, keys_serve: i64) -> Option<Arc<KeySet>> {
        let keys = self.keys.as_ref()?;
        let age = now.saturating_sub(self.read_at);
        let knows = keys.candidates(header).next().is_some();
        (age < keys_serve && (knows || age < READ_AT_MOST_EVERY)).then(|| Arc::clone(keys))
    }
}

/// The JWK set at `url`.
async fn fetch(outbound: &GuardedClient, url: &str) -> Result<KeySet, String> {
    let answer = outbound.get(url, "application/json").await.map_err(|error| error.to_string())?;
    if answer.status != 200 {
        return Err(format!("status {}", answer.status));
    }
    let text = std::str::from_utf8(&answer.body).map_err(|_| "not UTF-8".to_owned())?;
    KeySet::parse(text).map_err(|error| error.to_string())
}

fn origin(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    (url.scheme() == "https").then(|| url.origin().ascii_serialization())
}

/// Unknown key ids make the keys be read again at most this often, in seconds.
const READ_AT_MOST_EVERY: i64 = 30;
/// A failed reading is not repeated for this long, in seconds.
const RETRY_AFTER: i64 = 5;
