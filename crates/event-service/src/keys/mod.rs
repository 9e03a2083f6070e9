//! The keys that sign SETs: kept sealed, published before their first use.

mod publication;

pub(crate) use publication::{KeyPublisher, PublicationError};

use crate::store::{SealedKey, Store, StoredKey};
use database::{Database, DatabaseError};
use jiff::Timestamp;
use jose::{Algorithm, KeyError, MasterKey, SealingError, SigningKey};
use service_kit::SharedClock;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// All signing keys of this service; the newest signs.
#[derive(Debug)]
pub(crate) struct SetKeys {
    newest: Arc<SigningKey>,
    older: Vec<Arc<SigningKey>>,
    /// Until when the key manager publishes the newest, Unix microseconds.
    published_until: AtomicI64,
}

/// A signing key that the key manager has promised to publish: proof that receivers can verify
/// what it signs.
#[derive(Clone, Debug)]
pub(crate) struct PublishedKey(Arc<SigningKey>);

/// Why the signing keys could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// The database is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A kept key is not one of ours.
    #[error("signing key {0} cannot be read: {1}")]
    Key(String, String),
    /// OpenSSL could not make a key.
    #[error(transparent)]
    Generation(#[from] KeyError),
    /// There is none and this start may not create one.
    #[error("the event service has no signing key; create one with `lombard keys new`")]
    Missing,
    /// The master key is another one than the keys were sealed with.
    #[error("signing key {0} cannot be opened: {1}")]
    Sealed(String, SealingError),
}

/// Adds a signing key, which signs from the next start on; the ones before stay published. Returns
/// its `kid`.
pub async fn create_signing_key(
    database: &Database,
    master_key: &MasterKey,
    clock: &SharedClock,
) -> Result<String, SigningKeyError> {
    let store = Store::new(database.clone());
    loop {
        let after = store.signing_keys().await?.len();
        let key = generate().await?;
        let key_id = key.key_id().to_owned();
        // Another process may have taken this number; look again then.
        if store.add_signing_key(sealed(&key, master_key)?, after, clock.now()).await? {
            tracing::info!(target: "audit", event = "set_key_creation", outcome = "created", kid = key_id);
            return Ok(key_id);
        }
    }
}

/// Makes the first signing key, unless there is one; for a command that prepares the database before
/// processes start that may create nothing.
pub async fn ensure_signing_key(
    database: &Database,
    master_key: &MasterKey,
    clock: &SharedClock,
) -> Result<(), SigningKeyError> {
    SetKeys::load(&Store::new(database.clone()), master_key, clock, true).await.map(drop)
}

impl SetKeys {
    /// Loads the keys; where there is none, creates the first if `create` allows it.
    pub(crate) async fn load(
        store: &Store,
        master_key: &MasterKey,
        clock: &SharedClock,
        create: bool,
    ) -> Result<Self, SigningKeyError> {
        let mut rows = store.signing_keys().await?;
        if rows.is_empty() && create {
            let key = generate().await?;
            // When another process was faster, its key is the first.
            store.add_signing_key(sealed(&key, master_key)?, 0, clock.now()).await?;
            rows = store.signing_keys().await?;
        }
        Self::open(&rows, master_key)
    }

    fn open(rows: &[StoredKey], master_key: &MasterKey) -> Result<Self, SigningKeyError> {
        let mut keys = Vec::new();
        for row in rows {
            keys.push(Arc::new(opened(&row.key, master_key)?));
        }
        let newest = keys.pop().ok_or(SigningKeyError::Missing)?;
        let published_until = rows.last().and_then(|row| row.published_until).unwrap_or(i64::MIN);
        Ok(Self { newest, older: keys, published_until: published_until.into() })
    }

    /// The key to sign with at `now`, if it is published.
    pub(crate) fn published(&self, now: Timestamp) -> Option<PublishedKey> {
        let until = self.published_until.load(Ordering::Acquire);
        (now.as_microsecond() < until).then(|| PublishedKey(Arc::clone(&self.newest)))
    }
}

impl PublishedKey {
    /// The key.
    pub(crate) fn signing_key(&self) -> &SigningKey {
        &self.0
    }
}

/// RSA is slow to make: off the async threads.
async fn generate() -> Result<SigningKey, SigningKeyError> {
    let made = tokio::task::spawn_blocking(|| SigningKey::generate(Algorithm::Rs256)).await;
    made.map_err(|error| SigningKeyError::Key("new".to_owned(), error.to_string()))?
        .map_err(SigningKeyError::Generation)
}

fn sealed(key: &SigningKey, master_key: &MasterKey) -> Result<SealedKey, SigningKeyError> {
    let pem = key.to_pem()?;
    Ok(SealedKey {
        key_id: key.key_id().to_owned(),
        algorithm: key.algorithm().as_str().to_owned(),
        sealed: master_key.seal(&seal_context(key.key_id()), pem.as_bytes()),
    })
}

fn opened(row: &SealedKey, master_key: &MasterKey) -> Result<SigningKey, SigningKeyError> {
    let unreadable = |reason: &dyn std::fmt::Display| {
        SigningKeyError::Key(row.key_id.clone(), reason.to_string())
    };
    let pem = master_key
        .open(&seal_context(&row.key_id), &row.sealed)
        .map_err(|error| SigningKeyError::Sealed(row.key_id.clone(), error))?;
    let pem = std::str::from_utf8(&pem).map_err(|error| unreadable(&error))?;
    let algorithm = row.algorithm.parse().map_err(|error| unreadable(&error))?;
    let key = SigningKey::from_pem(pem, algorithm).map_err(|error| unreadable(&error))?;
    Ok(key.with_key_id(&*row.key_id))
}

/// Binds a sealed key to its purpose and id, so that rows cannot be swapped.
fn seal_context(key_id: &str) -> String {
    format!("event-service/set-key/{key_id}")
}
