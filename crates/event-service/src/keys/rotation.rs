//! New signing keys. A new one does nothing until it is published.

use super::ring::SetKeys;
use super::sealed::{SigningKeyError, generate};
use crate::service::State;
use crate::store::{NewKey, Store};
use database::{Database, UtcMicros};
use jiff::{SignedDuration, Timestamp};
use jose::MasterKey;
use service_kit::SharedClock;
use std::sync::Arc;

/// The least time that a key is published before it signs: every replica of the key manager serves
/// it after one second.
pub(crate) const SHORTEST_PUBLICATION: SignedDuration = SignedDuration::from_secs(5);
/// The most time that somebody may ask a key to wait.
pub(crate) const LONGEST_PUBLICATION: SignedDuration = SignedDuration::from_hours(24);
/// How often making a key that meets another one is tried again.
const ATTEMPTS: usize = 5;

/// Adds a signing key; running processes publish it, and it signs once it has been published for
/// the configured time. The ones before stay published. Returns its `kid`.
pub async fn create_signing_key(
    database: &Database,
    master_key: &MasterKey,
    clock: &SharedClock,
) -> Result<String, SigningKeyError> {
    add(&Store::new(database.clone()), master_key, clock, None).await
}

/// Makes the first signing key, unless there is one; for a command that prepares the database before
/// processes start that may create nothing.
pub async fn ensure_signing_key(
    database: &Database,
    master_key: &MasterKey,
    clock: &SharedClock,
) -> Result<(), SigningKeyError> {
    first(&Store::new(database.clone()), master_key, clock).await
}

impl SetKeys {
    /// Loads the keys; where there is none, creates the first if `create` allows it.
    pub(crate) async fn start(
        store: &Store,
        master_key: &Arc<MasterKey>,
        clock: &SharedClock,
        create: bool,
    ) -> Result<Self, SigningKeyError> {
        if create {
            first(store, master_key, clock).await?;
        }
        Self::load(store, master_key).await
    }
}

impl State {
    /// Adds a key on demand, which is not published yet; its `kid`.
    pub(crate) async fn rotate_keys(
        &self,
        publication: Option<SignedDuration>,
    ) -> Result<String, SigningKeyError> {
        add(&self.store, &self.keys.master_key, &self.clock, publication).await
    }

    /// Adds the next key if the newest has come of age and no replica was faster; whether it did.
    pub(super) async fn rotate_keys_if_due(&self) -> Result<bool, SigningKeyError> {
        let days = i64::from(self.config.key_rotation_days);
        if days == 0 {
            return Ok(false);
        }
        let due = self.clock.now().saturating_sub(SignedDuration::from_hours(24 * days));
        let due = UtcMicros::from(due.unwrap_or(Timestamp::MIN));
        if self.keys.all().last().is_none_or(|newest| newest.created_at > due) {
            return Ok(false);
        }
        let rows = self.store.signing_keys().await?;
        let Some(newest) = rows.last().filter(|newest| newest.created_at <= due) else {
            return Ok(false);
        };
        let key = generate(&self.keys.master_key).await?;
        let kid = key.key_id.clone();
        // Taking the next number decides between replicas.
        let new = NewKey { key, after: newest.number, publication_seconds: None };
        let added = self.store.add_signing_key(new, self.clock.now()).await?;
        if added {
            audit_new(&kid, "scheduled");
        }
        Ok(added)
    }
}

async fn first(
    store: &Store,
    master_key: &MasterKey,
    clock: &SharedClock,
) -> Result<(), SigningKeyError> {
    if !store.signing_keys().await?.is_empty() {
        return Ok(());
    }
    let key = generate(master_key).await?;
    let kid = key.key_id.clone();
    // When another process was faster, its key is the first.
    if store
        .add_signing_key(NewKey { key, after: 0, publication_seconds: None }, clock.now())
        .await?
    {
        audit_new(&kid, "first");
    }
    Ok(())
}

async fn add(
    store: &Store,
    master_key: &MasterKey,
    clock: &SharedClock,
    publication: Option<SignedDuration>,
) -> Result<String, SigningKeyError> {
    let key = generate(master_key).await?;
    let kid = key.key_id.clone();
    for _ in 0..ATTEMPTS {
        let after = store.signing_keys().await?.last().map_or(0, |newest| newest.number);
        let publication_seconds = publication.map(|publication| publication.as_secs());
        let new = NewKey { key: key.clone(), after, publication_seconds };
        // Another process may have taken this number; look again then.
        if store.add_signing_key(new, clock.now()).await? {
            audit_new(&kid, "on_demand");
            return Ok(kid);
        }
    }
    Err(SigningKeyError::Contention)
}

fn audit_new(kid: &str, reason: &'static str) {
    tracing::info!(target: "audit", event = "set_key_rotation", outcome = "created", reason, kid);
}
