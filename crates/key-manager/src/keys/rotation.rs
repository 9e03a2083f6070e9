//! New token keys: published first, signing later, the old ones kept until their last token expired.

use super::token_key::{CreateKeyError, generate};
use crate::store::{Change, TokenKeyRecord};
use database::{Database, DatabaseError, UtcMicros};
use jiff::{SignedDuration, Timestamp};
use jose::{Algorithm, MasterKey};
use service_kit::SharedClock;
use std::sync::Arc;

/// The least time that a key is published before it signs: every replica serves it after one second.
pub(crate) const SHORTEST_PUBLICATION: SignedDuration = SignedDuration::from_secs(5);
/// The most time that somebody may ask a key to wait.
pub(crate) const LONGEST_PUBLICATION: SignedDuration = SignedDuration::from_hours(24);
/// How long a key stays published after the last token that it may have signed has expired.
const RETENTION_MARGIN: SignedDuration = SignedDuration::from_hours(1);
/// How often a rotation that meets another one tries again.
const ATTEMPTS: usize = 5;

/// What making and retiring token keys takes.
#[derive(Clone, Debug)]
pub(crate) struct TokenKeyRotation {
    pub(crate) database: Database,
    pub(crate) master_key: Arc<MasterKey>,
    pub(crate) clock: SharedClock,
    /// Of the keys that it makes.
    pub(crate) algorithm: Algorithm,
}

/// A key that was made.
#[derive(Clone, Debug)]
pub(crate) struct NewTokenKey {
    pub(crate) kid: String,
    /// From when it signs.
    pub(crate) signs_from: UtcMicros,
}

impl TokenKeyRotation {
    /// Makes the first key of the algorithm, which signs at once, unless there is one.
    pub(crate) async fn first(&self) -> Result<(), CreateKeyError> {
        let record = generate(&self.master_key, self.algorithm, self.clock.now()).await?;
        let new = NewTokenKey { kid: record.kid.clone(), signs_from: record.activates_at };
        let added = self
            .database
            .write(move |connection| {
                let added = record.insert_if_first(connection)?;
                // Nobody follows before there is any key.
                if added && TokenKeyRecord::all(connection)?.len() > 1 {
                    Change::TokenKeysChanged.record(connection, record.created_at)?;
                }
                Ok::<_, DatabaseError>(added)
            })
            .await?;
        if added {
            audit_new(&new, "first");
        }
        Ok(())
    }

    /// Makes the key that signs after the last one, published for `publication` before it does.
    pub(crate) async fn rotate(
        &self,
        publication: SignedDuration,
    ) -> Result<NewTokenKey, CreateKeyError> {
        let record = generate(&self.master_key, self.algorithm, self.clock.now()).await?;
        for _ in 0..ATTEMPTS {
            if let Some(new) = self.insert(&record, publication, UtcMicros(i64::MAX)).await? {
                audit_new(&new, "on_demand");
                return Ok(new);
            }
        }
        Err(CreateKeyError::Contention)
    }

    /// Makes the next key if the last one is older than `period` and no replica was faster; whether
    /// it did.
    pub(crate) async fn rotate_if_due(
        &self,
        period: SignedDuration,
        publication: SignedDuration,
    ) -> Result<bool, CreateKeyError> {
        let made_by = earlier(self.clock.now(), period);
        if !self.is_due(made_by).await? {
            return Ok(false);
        }
        let record = generate(&self.master_key, self.algorithm, self.clock.now()).await?;
        let new = self.insert(&record, publication, made_by).await?;
        if let Some(new) = &new {
            audit_new(new, "scheduled");
        }
        Ok(new.is_some())
    }

    /// Deletes the keys whose last token, valid for `token_lifetime`, has expired; whether there
    /// were any.
    pub(crate) async fn retire(
        &self,
        token_lifetime: SignedDuration,
    ) -> Result<bool, DatabaseError> {
        let now = self.clock.now();
        let before = earlier(now, token_lifetime + RETENTION_MARGIN);
        let deleted = self
            .database
            .write(move |connection| {
                let deleted = TokenKeyRecord::delete_superseded(connection, before)?;
                if !deleted.is_empty() {
                    Change::TokenKeysChanged.record(connection, now.into())?;
                }
                Ok::<_, DatabaseError>(deleted)
            })
            .await?;
        for kid in &deleted {
            tracing::info!(target: "audit", event = "token_key_retirement", outcome = "deleted", kid);
        }
        Ok(!deleted.is_empty())
    }

    /// A look that costs no key; the insertion decides.
    async fn is_due(&self, made_by: UtcMicros) -> Result<bool, DatabaseError> {
        let algorithm = self.algorithm.as_str();
        let keys = self
            .database
            .read(|connection| Ok::<_, DatabaseError>(TokenKeyRecord::all(connection)?))
            .await?;
        let last = keys.iter().find(|key| key.alg == algorithm && key.superseded_at.is_none());
        Ok(last.is_some_and(|last| last.created_at <= made_by))
    }

    async fn insert(
        &self,
        record: &TokenKeyRecord,
        publication: SignedDuration,
        made_by: UtcMicros,
    ) -> Result<Option<NewTokenKey>, DatabaseError> {
        let (mut record, clock) = (record.clone(), self.clock.clone());
        let kid = record.kid.clone();
        let signs_from = self
            .database
            .write(move |connection| {
                let now = clock.now();
                let from = now.saturating_add(publication).unwrap_or(Timestamp::MAX);
                record.activates_at = UtcMicros::from(from);
                let signs_from = record.insert_after_last(connection, made_by)?;
                if signs_from.is_some() {
                    Change::TokenKeysChanged.record(connection, now.into())?;
                }
                Ok::<_, DatabaseError>(signs_from)
            })
            .await?;
        Ok(signs_from.map(|signs_from| NewTokenKey { kid, signs_from }))
    }
}

fn audit_new(key: &NewTokenKey, reason: &'static str) {
    let signs_from = Timestamp::try_from(key.signs_from).unwrap_or(Timestamp::MAX);
    tracing::info!(
        target: "audit",
        event = "token_key_rotation",
        outcome = "created",
        reason,
        kid = key.kid,
        %signs_from,
    );
}

fn earlier(now: Timestamp, by: SignedDuration) -> UtcMicros {
    UtcMicros::from(now.saturating_sub(by).unwrap_or(Timestamp::MIN))
}
