//! The public keys of tokens and SETs, as the database has them.

use crate::store::{PublishedKey, TokenKeyRecord};
use arc_swap::ArcSwapOption;
use database::{Database, DatabaseError, UtcMicros};
use std::sync::Arc;
use std::time::Duration;

/// How long a reading of the database serves: keys published through another replica appear within
/// this time, and strangers who ask for the key set cost one query in it.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// Keys for everybody to read, at most a second old.
#[derive(Debug)]
pub(crate) struct PublishedKeys {
    database: Database,
    fresh: moka::future::Cache<(), Arc<Snapshot>>,
    /// Served while the database is away: the keys of running tokens do not change because of it.
    last: ArcSwapOption<Snapshot>,
}

/// What one reading of the database found: JWK texts.
#[derive(Debug)]
struct Snapshot {
    token_keys: Vec<String>,
    published_keys: Vec<PublishedKey>,
}

impl PublishedKeys {
    /// The keys that `database` holds.
    pub(crate) fn new(database: Database) -> Self {
        let fresh = moka::future::Cache::builder().max_capacity(1).time_to_live(FRESH_FOR).build();
        Self { database, fresh, last: ArcSwapOption::empty() }
    }

    /// The JWK set of all keys that are to be published at `now` (RFC 7517 §5).
    pub(crate) async fn all(&self, now: UtcMicros) -> Result<String, Arc<DatabaseError>> {
        let snapshot = self.snapshot().await?;
        let retained = snapshot.published_keys.iter().filter(|key| key.retain_until > now);
        let keys = snapshot.token_keys.iter().chain(retained.map(|key| &key.jwk));
        Ok(format!("{{\"keys\":[{}]}}", joined(keys)))
    }

    /// The members of the JWK set that verify access tokens, and no others.
    pub(crate) async fn token_keys(&self) -> Result<String, Arc<DatabaseError>> {
        let snapshot = self.snapshot().await?;
        Ok(format!("[{}]", joined(snapshot.token_keys.iter())))
    }

    /// Makes the next reading see what was just written.
    pub(crate) async fn invalidate(&self) {
        self.fresh.invalidate(&()).await;
    }

    async fn snapshot(&self) -> Result<Arc<Snapshot>, Arc<DatabaseError>> {
        match self.fresh.try_get_with((), self.read()).await {
            Ok(snapshot) => Ok(snapshot),
            Err(error) => self.last.load_full().ok_or(error),
        }
    }

    async fn read(&self) -> Result<Arc<Snapshot>, DatabaseError> {
        let snapshot = self
            .database
            .read(|connection| {
                Ok::<_, DatabaseError>(Arc::new(Snapshot {
                    token_keys: TokenKeyRecord::all(connection)?
                        .into_iter()
                        .map(|record| record.public_jwk)
                        .collect(),
                    published_keys: PublishedKey::all(connection)?,
                }))
            })
            .await?;
        self.last.store(Some(Arc::clone(&snapshot)));
        Ok(snapshot)
    }
}

fn joined<'t>(texts: impl Iterator<Item = &'t String>) -> String {
    texts.map(String::as_str).collect::<Vec<_>>().join(",")
}
