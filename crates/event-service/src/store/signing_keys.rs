//! Sealed signing keys and until when their public halves are published.

use super::Store;
use super::schema::signing_key;
use database::{DatabaseError, UtcMicros};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use jiff::Timestamp;

/// A signing key to be kept.
#[derive(Clone, Debug)]
pub(crate) struct SealedKey {
    pub(crate) key_id: String,
    pub(crate) algorithm: String,
    /// The private key, sealed under the master key.
    pub(crate) sealed: Vec<u8>,
}

/// A kept signing key.
#[derive(Clone, Debug)]
pub(crate) struct StoredKey {
    pub(crate) key: SealedKey,
    /// Until when the key manager promised to publish it, Unix microseconds.
    pub(crate) published_until: Option<i64>,
}

impl Store {
    /// All signing keys, the newest last.
    pub(crate) async fn signing_keys(&self) -> Result<Vec<StoredKey>, DatabaseError> {
        self.database
            .read(|conn| {
                let rows: Vec<(String, String, Vec<u8>, Option<UtcMicros>)> = signing_key::table
                    .order(signing_key::key_no.asc())
                    .select((
                        signing_key::key_id,
                        signing_key::algorithm,
                        signing_key::sealed,
                        signing_key::published_until,
                    ))
                    .load(conn)?;
                Ok(rows.into_iter().map(stored_key).collect())
            })
            .await
    }

    /// Adds `key` as number `after + 1`; `false` when another process took that number first.
    pub(crate) async fn add_signing_key(
        &self,
        key: SealedKey,
        after: usize,
        now: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let key_no = i32::try_from(after + 1).unwrap_or(i32::MAX);
        let added = self
            .database
            .write(move |conn| {
                diesel::insert_into(signing_key::table)
                    .values((
                        signing_key::key_no.eq(key_no),
                        signing_key::key_id.eq(&key.key_id),
                        signing_key::algorithm.eq(&key.algorithm),
                        signing_key::sealed.eq(&key.sealed),
                        signing_key::created_at.eq(UtcMicros::from(now)),
                    ))
                    .execute(conn)?;
                Ok(())
            })
            .await;
        match added {
            Err(DatabaseError::Query(Error::DatabaseError(
                DatabaseErrorKind::UniqueViolation,
                _,
            ))) => Ok(false),
            other => other.map(|()| true),
        }
    }

    /// Notes until when the key manager publishes a key.
    pub(crate) async fn mark_published(
        &self,
        key_id: String,
        until: Timestamp,
    ) -> Result<(), DatabaseError> {
        self.database
            .write(move |conn| {
                diesel::update(signing_key::table)
                    .filter(signing_key::key_id.eq(&key_id))
                    .set(signing_key::published_until.eq(UtcMicros::from(until)))
                    .execute(conn)?;
                Ok(())
            })
            .await
    }
}

fn stored_key(
    (key_id, algorithm, sealed, published_until): (String, String, Vec<u8>, Option<UtcMicros>),
) -> StoredKey {
    let key = SealedKey { key_id, algorithm, sealed };
    StoredKey { key, published_until: published_until.map(|until| until.0) }
}
