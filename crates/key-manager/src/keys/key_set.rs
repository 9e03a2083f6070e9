//! The public keys of tokens and SETs, as the database has them.

use crate::presented_token::TokenReadError;
use crate::store::{PublishedKey, TokenKeyRecord};
use arc_swap::ArcSwapOption;
use database::{Database, DatabaseError, UtcMicros};
use jose::KeySet;
use moka::policy::EvictionPolicy;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long a reading of the database serves: keys published through another replica appear within
/// this time, and strangers who ask for the key set cost one query in it.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// Readings of this many generations are kept at a time.
const READINGS: u64 = 4;

/// Keys for everybody to read, at most a second old.
#[derive(Debug)]
pub(crate) struct PublishedKeys {
    database: Database,
    /// Grows with every change made here. A reading that began before a change is kept under the
    /// number from before it, so that it cannot pass for one that saw the change.
    generation: AtomicU64,
    fresh: moka::future::Cache<u64, Arc<Snapshot>>,
    /// Served while the database is away: the keys of running tokens do not change because of it.
    last: ArcSwapOption<Snapshot>,
}

/// What one reading of the database found: JWK texts.
#[derive(Debug)]
struct Snapshot {
    generation: u64,
    token_keys: Vec<String>,
    published_keys: Vec<PublishedKey>,
    /// `token_keys`, once somebody has verified a token with them.
    verification_keys: OnceLock<Arc<KeySet>>,
}

impl PublishedKeys {
    /// The keys that `database` holds.
    pub(crate) fn new(database: Database) -> Self {
        let fresh = moka::future::Cache::builder()
            .max_capacity(READINGS)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(FRESH_FOR)
            .build();
        Self { database, generation: AtomicU64::new(0), fresh, last: ArcSwapOption::empty() }
    }

    /// The JWK set of all keys that are to be published at `now` (RFC 7517 §5).
    pub(crate) async fn all(&self, now: UtcMicros) -> Result<String, Arc<DatabaseError>> {
        let snapshot = self.snapshot().await?;
        let retained = snapshot.published_keys.iter().filter(|key| key.retain_until > now);
        let keys = snapshot.token_keys.iter().chain(retained.map(|key| &key.jwk));
        Ok(key_set(keys))
    }

    /// The members of the JWK set that verify access tokens, and no others. Read anew for every
    /// caller: a gateway asks because another replica told it of a change.
    pub(crate) async fn token_keys(&self) -> Result<String, DatabaseError> {
        let generation = self.generation.load(Ordering::Acquire);
        let snapshot = match self.read(generation).await {
            Ok(snapshot) => snapshot,
            Err(error) => self.last.load_full().ok_or(error)?,
        };
        Ok(format!("[{}]", joined(snapshot.token_keys.iter())))
    }

    /// The keys to verify our own tokens with. A reading that is a second old will do: every key is
    /// published for longer than that before it signs.
    pub(crate) async fn verification_keys(&self) -> Result<Arc<KeySet>, TokenReadError> {
        let snapshot = self.snapshot().await?;
        if let Some(keys) = snapshot.verification_keys.get() {
            return Ok(Arc::clone(keys));
        }
        let keys = Arc::new(KeySet::parse(&key_set(snapshot.token_keys.iter()))?);
        Ok(Arc::clone(snapshot.verification_keys.get_or_init(|| keys)))
    }

    /// Makes every reading from now on see what was just written.
    pub(crate) fn invalidate(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    async fn snapshot(&self) -> Result<Arc<Snapshot>, Arc<DatabaseError>> {
        let generation = self.generation.load(Ordering::Acquire);
        match self.fresh.try_get_with(generation, self.read(generation)).await {
            Ok(snapshot) => Ok(snapshot),
            Err(error) => self.last.load_full().ok_or(error),
        }
    }

    async fn read(&self, generation: u64) -> Result<Arc<Snapshot>, DatabaseError> {
        let snapshot = self
            .database
            .read(move |connection| {
                Ok::<_, DatabaseError>(Arc::new(Snapshot {
                    generation,
                    token_keys: TokenKeyRecord::all(connection)?
                        .into_iter()
                        .map(|record| record.public_jwk)
                        .collect(),
                    published_keys: PublishedKey::all(connection)?,
                    verification_keys: OnceLock::new(),
                }))
            })
            .await?;
        self.last.rcu(|last| match last {
            Some(last) if last.generation > generation => Some(Arc::clone(last)),
            _ => Some(Arc::clone(&snapshot)),
        });
        Ok(snapshot)
    }
}

fn key_set<'t>(keys: impl Iterator<Item = &'t String>) -> String {
    format!("{{\"keys\":[{}]}}", joined(keys))
}

fn joined<'t>(texts: impl Iterator<Item = &'t String>) -> String {
    texts.map(String::as_str).collect::<Vec<_>>().join(",")
}
