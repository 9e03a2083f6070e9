//! JWK sets at the addresses of clients and of issuers of software statements: fetched seldom, kept
//! long enough, never more than one request at a time for the same address.

mod document;

use crate::config::Config;
use arc_swap::ArcSwapOption;
use document::{Document, UnusableAnswer};
use jiff::{SignedDuration, Timestamp};
use jose::{Header, KeySet};
use service_kit::SharedClock;
use service_kit::outbound::{GuardedClient, GuardedError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};

/// The JWK sets of others, by address. Their number is bounded, and so is the size of each.
#[derive(Debug)]
pub(crate) struct RemoteKeys {
    outbound: GuardedClient,
    clock: SharedClock,
    sources: moka::sync::Cache<String, Arc<Source>>,
    rules: Rules,
    /// Whose keys, for the metric.
    owners: &'static str,
}

/// For how long what is kept, and how often who is asked.
#[derive(Debug)]
struct Rules {
    /// The least time that an answer is used without asking again.
    floor: SignedDuration,
    /// The most.
    ceiling: SignedDuration,
    /// How long an answer is used beyond that while the address gives no better one.
    grace: SignedDuration,
    /// The least time between two requests to one address.
    minimum_interval: SignedDuration,
    /// The same after a request that failed.
    retry_interval: SignedDuration,
    timeout: Duration,
}

/// One address.
#[derive(Debug, Default)]
struct Source {
    current: ArcSwapOption<Document>,
    /// Held during a request.
    last_attempt: Mutex<Option<Attempt>>,
}

/// When a request began, and whether it has not given keys.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    began_at: Timestamp,
    in_vain: bool,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoteKeysError {
    /// The address was asked a moment ago, in vain.
    #[error("asked a moment ago, in vain")]
    AskedInVain,
    /// No answer, or not to be called.
    #[error(transparent)]
    Call(#[from] GuardedError),
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
    /// An answer that is no usable JWK set.
    #[error(transparent)]
    Unusable(#[from] UnusableAnswer),
}

impl RemoteKeys {
    /// Those of clients, as many as the configuration says.
    pub(crate) fn of_clients(outbound: GuardedClient, clock: SharedClock, config: &Config) -> Self {
        let interval = seconds(config.jwks_minimum_interval_seconds);
        let rules = Rules {
            floor: seconds(config.jwks_cache_floor_seconds),
            ceiling: seconds(config.jwks_cache_ceiling_seconds),
            grace: seconds(config.jwks_stale_seconds),
            minimum_interval: interval,
            retry_interval: interval,
            timeout: Duration::from_secs(config.jwks_timeout_seconds.into()),
        };
        Self::new(outbound, clock, rules, config.jwks_cache_size, "clients")
    }

    /// Those of the configured issuers of software statements: apart from those of clients, who could
    /// crowd them out.
    pub(crate) fn of_issuers(outbound: GuardedClient, clock: SharedClock, config: &Config) -> Self {
        let lifetime = seconds(config.registration.issuer_keys_seconds);
        let rules = Rules {
            floor: lifetime,
            ceiling: lifetime,
            grace: seconds(config.registration.issuer_keys_stale_seconds),
            minimum_interval: seconds(config.jwks_minimum_interval_seconds),
            retry_interval: ISSUER_RETRY,
            timeout: Duration::from_secs(config.jwks_timeout_seconds.into()),
        };
        Self::new(outbound, clock, rules, ISSUERS, "issuers")
    }

    fn new(
        outbound: GuardedClient,
        clock: SharedClock,
        rules: Rules,
        size: u64,
        owners: &'static str,
    ) -> Self {
        let sources = moka::sync::Cache::builder()
            .max_capacity(size)
            // The default policy may drop the newest first, and with it the time of its last request.
            .eviction_policy(moka::policy::EvictionPolicy::lru())
            .build();
        Self { outbound, clock, sources, rules, owners }
    }

    /// Whether `url` may be asked at all, as far as can be said when it is registered.
    pub(crate) fn check(&self, url: &str) -> Result<(), GuardedError> {
        self.outbound.check(url)
    }

    /// The keys at `url` for a signature with `header`: those that are kept, unless they are too old
    /// or none of them fits and the address may be asked again.
    pub(crate) async fn at(
        &self,
        url: &str,
        header: &Header,
    ) -> Result<Arc<KeySet>, RemoteKeysError> {
        let source = self.source(url);
        let known = source.current.load_full();
        let now = self.clock.now();
        if let Some(document) = &known
            && document.is_fresh_at(now)
            && document.has_key_for(header)
        {
            return Ok(Arc::clone(&document.keys));
        }
        // Too old is good enough while somebody else asks.
        let is_enough = known
            .as_ref()
            .is_some_and(|document| document.is_usable_at(now) && document.has_key_for(header));
        let last_attempt = match source.last_attempt.try_lock() {
            Ok(last_attempt) => Some(last_attempt),
            Err(_) if is_enough => None,
            Err(_) => Some(source.last_attempt.lock().await),
        };
        let outcome = match last_attempt {
            Some(held) => self.renew(&source, url, known.as_ref(), held).await,
            None => Ok(()),
        };
        // What is kept goes on working while the address does not.
        let kept = source.current.load_full().filter(|document| document.is_usable_at(now));
        match (kept, outcome) {
            (Some(document), _) => Ok(Arc::clone(&document.keys)),
            (None, Err(error)) => Err(error),
            (None, Ok(())) => Err(RemoteKeysError::AskedInVain),
        }
    }

    /// Makes the next use of the keys at `url` ask for them.
    pub(crate) fn forget(&self, url: &str) {
        self.sources.invalidate(url);
    }

    fn source(&self, url: &str) -> Arc<Source> {
        self.sources.get(url).unwrap_or_else(|| {
            self.sources.get_with(url.to_owned(), || Arc::new(Source::default()))
        })
    }

    /// Asks the address, unless somebody has done so since `seen` was read or a moment ago. Those who
    /// come during a request wait for its outcome.
    async fn renew(
        &self,
        source: &Source,
        url: &str,
        seen: Option<&Arc<Document>>,
        mut last_attempt: MutexGuard<'_, Option<Attempt>>,
    ) -> Result<(), RemoteKeysError> {
        let current = source.current.load();
        let is_newer = match (current.as_ref(), seen) {
            (Some(current), Some(seen)) => !Arc::ptr_eq(current, seen),
            (current, _) => current.is_some(),
        };
        let now = self.clock.now();
        if is_newer || last_attempt.is_some_and(|last| self.rules.is_too_early(last, now)) {
            return Ok(());
        }
        // In vain also where the caller goes away before there is an answer.
        *last_attempt = Some(Attempt { began_at: now, in_vain: true });
        let document = self.fetch(url).await.inspect_err(|error| {
            self.count("failed");
            tracing::warn!(%error, url, owners = self.owners, "a key set cannot be fetched");
        })?;
        self.count("fetched");
        *last_attempt = Some(Attempt { began_at: now, in_vain: false });
        source.current.store(Some(Arc::new(document)));
        Ok(())
    }

    async fn fetch(&self, url: &str) -> Result<Document, RemoteKeysError> {
        let call = self.outbound.get(url, document::MEDIA_TYPES);
        let answer = tokio::time::timeout(self.rules.timeout, call)
            .await
            .map_err(|_| RemoteKeysError::Timeout)??;
        Ok(Document::read(&answer, &self.rules, self.clock.now())?)
    }

    fn count(&self, outcome: &'static str) {
        metrics::counter!(
            "lombard_key_set_fetches_total", "owners" => self.owners, "outcome" => outcome
        )
        .increment(1);
    }
}

impl Rules {
    fn is_too_early(&self, last: Attempt, now: Timestamp) -> bool {
        let interval = if last.in_vain { self.retry_interval } else { self.minimum_interval };
        now.duration_since(last.began_at).abs() < interval
    }
}

fn seconds(seconds: u32) -> SignedDuration {
    SignedDuration::from_secs(seconds.into())
}

/// Issuers are few and configured: whoever registers waits for them.
const ISSUER_RETRY: SignedDuration = SignedDuration::from_secs(5);
/// More than anybody configures.
const ISSUERS: u64 = 100;
