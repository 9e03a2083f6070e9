//! Finds clients: in memory, else in the database.

use super::{Client, ClientId, UnreadableClient};
use crate::config::Config;
use crate::store::ClientRecord;
use database::{Database, DatabaseError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The clients of a database, the recently used ones parsed and in memory.
#[derive(Debug)]
pub(crate) struct Directory {
    database: Database,
    cache: moka::sync::Cache<String, Arc<Client>>,
    /// Ids that are nobody's. Anybody can invent them, so they have a place of their own, where they
    /// cannot displace clients.
    unknown: moka::sync::Cache<String, ()>,
    /// Counts changes, so that a client read before one is not put into the cache after it.
    changes: AtomicU64,
}

/// Why a client could not be looked up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookupError {
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The record.
    #[error(transparent)]
    Unreadable(#[from] UnreadableClient),
}

impl Directory {
    /// The clients of `database`.
    pub(crate) fn new(database: Database, config: &Config) -> Self {
        let lifetime = Duration::from_secs(config.client_cache_seconds.into());
        Self {
            database,
            cache: moka::sync::Cache::builder()
                .max_capacity(config.client_cache_size)
                .time_to_live(lifetime)
                .build(),
            unknown: moka::sync::Cache::builder()
                .max_capacity(UNKNOWN_IDS)
                .time_to_live(lifetime.min(LONGEST_UNKNOWN))
                .build(),
            changes: AtomicU64::new(0),
        }
    }

    /// The client of that id. That there is none is remembered, too, for a moment: whoever asks again
    /// and again must not learn from the time it takes (AS-31).
    pub(crate) async fn find(&self, id: &ClientId) -> Result<Option<Arc<Client>>, LookupError> {
        if let Some(client) = self.cache.get(id.as_str()) {
            return Ok(Some(client));
        }
        if self.unknown.contains_key(id.as_str()) {
            return Ok(None);
        }
        let changes = self.changes.load(Ordering::Acquire);
        let record = self.record(id.clone()).await?;
        let is_current = self.changes.load(Ordering::Acquire) == changes;
        let Some(record) = record else {
            if is_current {
                self.unknown.insert(id.as_str().to_owned(), ());
            }
            return Ok(None);
        };
        let client = Arc::new(Client::try_from(record)?);
        if is_current {
            self.cache.insert(id.as_str().to_owned(), Arc::clone(&client));
        }
        Ok(Some(client))
    }

    /// What is registered of a client, from the database.
    pub(crate) async fn record(&self, id: ClientId) -> Result<Option<ClientRecord>, DatabaseError> {
        self.database.read(move |connection| Ok(ClientRecord::find(connection, id.as_str())?)).await
    }

    /// Forgets all clients: some of them may have changed.
    pub(crate) fn forget_all(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.cache.invalidate_all();
        self.unknown.invalidate_all();
    }

    /// Forgets what is known of a client that was added, changed or deleted.
    pub(crate) fn forget(&self, id: &ClientId) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.cache.invalidate(id.as_str());
        self.unknown.invalidate(id.as_str());
    }
}

/// Some 2 MB of the longest ids.
const UNKNOWN_IDS: u64 = 10_000;
/// For as long a client that another replica has added may be taken for unknown, if it was asked for
/// before and the feed of changes is late.
const LONGEST_UNKNOWN: Duration = Duration::from_secs(2);
