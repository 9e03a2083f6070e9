//! A map that many threads read and one writes.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Text to small values. Readers of different keys hardly ever meet at a lock, and a writer holds up
/// those of one part only.
#[derive(Debug)]
pub(super) struct Shards<V> {
    parts: Box<[RwLock<Part<V>>]>,
    hasher: RandomState,
}

type Part<V> = HashMap<Box<str>, V>;

const PARTS: usize = 64;

impl<V: Copy> Shards<V> {
    /// An empty map.
    pub(super) fn new() -> Self {
        let parts = (0..PARTS).map(|_| RwLock::default()).collect();
        Self { parts, hasher: RandomState::new() }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<V> {
        read(self.part(key)).get(key).copied()
    }

    /// Sets the value of a key; whether there was one.
    pub(super) fn insert(&self, key: &str, value: V) -> bool {
        write(self.part(key)).insert(key.into(), value).is_some()
    }

    /// Removes what `keep` objects to.
    pub(super) fn retain(&self, keep: impl Fn(&V) -> bool) {
        for part in &self.parts {
            write(part).retain(|_, value| keep(value));
        }
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(|part| read(part).len()).sum()
    }

    fn part(&self, key: &str) -> &RwLock<Part<V>> {
        // The remainder is below the number of parts.
        let index = self.hasher.hash_one(key) % PARTS as u64;
        &self.parts[usize::try_from(index).unwrap_or_default()]
    }
}

/// Nothing panics while it holds one of these locks, so that a poisoned one is as good as any.
fn read<V>(part: &RwLock<Part<V>>) -> RwLockReadGuard<'_, Part<V>> {
    part.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<V>(part: &RwLock<Part<V>>) -> RwLockWriteGuard<'_, Part<V>> {
    part.write().unwrap_or_else(PoisonError::into_inner)
}
