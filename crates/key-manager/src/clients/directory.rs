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
        let cache = moka::sync::Cache::builder()
            .max_capacity(config.client_cache_size)
            .time_to_live(Duration::from_secs(config.client_cache_seconds.into()))
            .build();
        Self { database, cache, changes: AtomicU64::new(0) }
    }

    /// The client of that id. Unknown ids are not remembered: they are anybody's to invent.
    pub(crate) async fn find(&self, id: &ClientId) -> Result<Option<Arc<Client>>, LookupError> {
        if let Some(client) = self.cache.get(id.as_str()) {
            return Ok(Some(client));
        }
        let changes = self.changes.load(Ordering::Acquire);
        let Some(record) = self.record(id.clone()).await? else { return Ok(None) };
        let client = Arc::new(Client::try_from(record)?);
        if self.changes.load(Ordering::Acquire) == changes {
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
    }

    /// Forgets a client that was changed.
    pub(crate) fn forget(&self, id: &ClientId) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.cache.invalidate(id.as_str());
    }
}
