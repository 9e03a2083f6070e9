//! Which key signs a SET now: decided in memory, by time alone.

use super::sealed::{SigningKeyError, open};
use super::set_key::SetKey;
use crate::store::{Store, StoredKey};
use arc_swap::ArcSwap;
use database::UtcMicros;
use jiff::Timestamp;
use jose::MasterKey;
use std::ops::Deref;
use std::sync::Arc;

/// All signing keys of this service, as the database has them.
#[derive(Debug)]
pub(crate) struct SetKeys {
    ring: ArcSwap<Vec<RingKey>>,
    pub(super) master_key: Arc<MasterKey>,
}

/// A signing key and when it may be used.
#[derive(Clone, Debug)]
pub(super) struct RingKey {
    pub(super) key: Arc<SetKey>,
    pub(super) created_at: UtcMicros,
    pub(super) published_until: Option<UtcMicros>,
    pub(super) signs_from: Option<UtcMicros>,
}

/// A signing key that the key manager has promised to publish: proof that receivers can verify
/// what it signs.
#[derive(Clone, Debug)]
pub(crate) struct PublishedKey(Arc<SetKey>);

impl SetKeys {
    /// The keys in the database, of which there must be one.
    pub(super) async fn load(
        store: &Store,
        master_key: &Arc<MasterKey>,
    ) -> Result<Self, SigningKeyError> {
        let keys = Self { ring: ArcSwap::default(), master_key: Arc::clone(master_key) };
        keys.refresh(store).await?;
        Ok(keys)
    }

    /// The newest key that is published and whose time has come by `now`: no lock, no database.
    ///
    /// A clock that was set back must not stop the service: with no key whose time has come, the
    /// one that signed first signs, since its publication is the longest ago.
    pub(crate) fn published(&self, now: Timestamp) -> Option<PublishedKey> {
        let (ring, now) = (self.ring.load(), UtcMicros::from(now));
        let published = |key: &&RingKey| key.published_until.is_some_and(|until| now < until);
        let has_come = |key: &&RingKey| key.signs_from.is_some_and(|from| from <= now);
        let first = || {
            let started = ring.iter().filter(published).filter(|key| key.signs_from.is_some());
            started.min_by_key(|key| key.signs_from)
        };
        let current = ring.iter().rev().filter(published).find(has_come).or_else(first);
        current.map(|key| PublishedKey(Arc::clone(&key.key)))
    }

    /// From when the key `key_id` signs, once the key manager publishes it.
    pub(crate) fn signs_from(&self, key_id: &str) -> Option<Timestamp> {
        let ring = self.ring.load();
        let key = ring.iter().find(|key| key.key.key_id() == key_id)?;
        Timestamp::try_from(key.signs_from?).ok()
    }

    /// The keys, the newest last.
    pub(super) fn all(&self) -> Arc<Vec<RingKey>> {
        self.ring.load_full()
    }

    /// Takes in what the database has. What cannot be read leaves everything as it is.
    pub(crate) async fn refresh(&self, store: &Store) -> Result<(), SigningKeyError> {
        let known = self.ring.load_full();
        let mut ring = Vec::new();
        for row in store.signing_keys().await? {
            let same = known.iter().find(|known| known.key.key_id() == row.key.key_id);
            ring.push(self.ring_key(&row, same)?);
        }
        if ring.is_empty() {
            return Err(SigningKeyError::Missing);
        }
        self.ring.store(Arc::new(ring));
        Ok(())
    }

    fn ring_key(
        &self,
        row: &StoredKey,
        known: Option<&RingKey>,
    ) -> Result<RingKey, SigningKeyError> {
        let key = match known {
            Some(known) => Arc::clone(&known.key),
            None => Arc::new(open(&row.key, &self.master_key)?),
        };
        Ok(RingKey {
            key,
            created_at: row.created_at,
            published_until: row.published_until,
            signs_from: row.signs_from,
        })
    }
}

impl Deref for PublishedKey {
    type Target = SetKey;

    fn deref(&self) -> &SetKey {
        &self.0
    }
}
