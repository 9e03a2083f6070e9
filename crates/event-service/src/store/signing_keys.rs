//! Sealed signing keys: when each signs, and until when its public half is published.

use super::Store;
use super::schema::{client, open_event, signing_key};
use crate::event::EventId;
use database::{DatabaseError, UtcMicros, UuidBytes};
use diesel::dsl::exists;
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

/// A signing key that is to follow another.
#[derive(Clone, Debug)]
pub(crate) struct NewKey {
    pub(crate) key: SealedKey,
    /// The number of the key it follows, 0 for the first.
    pub(crate) after: i32,
    /// How long it is published before it signs, where that is not the configured time.
    pub(crate) publication_seconds: Option<i64>,
}

/// A kept signing key.
#[derive(Clone, Debug)]
pub(crate) struct StoredKey {
    /// Later keys have greater numbers.
    pub(crate) number: i32,
    pub(crate) key: SealedKey,
    pub(crate) created_at: UtcMicros,
    /// Until when the key manager promised to publish it.
    pub(crate) published_until: Option<UtcMicros>,
    /// From when it signs, unless a later one does.
    pub(crate) signs_from: Option<UtcMicros>,
    /// How long it is published before it signs, where that is not the configured time.
    pub(crate) publication_seconds: Option<i64>,
}

type Row =
    (i32, String, String, Vec<u8>, UtcMicros, Option<UtcMicros>, Option<UtcMicros>, Option<i64>);

impl Store {
    /// All signing keys, the newest last.
    pub(crate) async fn signing_keys(&self) -> Result<Vec<StoredKey>, DatabaseError> {
        self.database
            .read(|conn| {
                let rows: Vec<Row> = signing_key::table
                    .order(signing_key::key_no.asc())
                    .select((
                        signing_key::key_no,
                        signing_key::key_id,
                        signing_key::algorithm,
                        signing_key::sealed,
                        signing_key::created_at,
                        signing_key::published_until,
                        signing_key::signs_from,
                        signing_key::publication_seconds,
                    ))
                    .load(conn)?;
                Ok(rows.into_iter().map(stored_key).collect())
            })
            .await
    }

    /// Adds `new` under the number after its predecessor's; `false` when another process took that
    /// number first.
    pub(crate) async fn add_signing_key(
        &self,
        new: NewKey,
        now: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let added = self
            .database
            .write(move |conn| {
                diesel::insert_into(signing_key::table)
                    .values((
                        signing_key::key_no.eq(new.after.saturating_add(1)),
                        signing_key::key_id.eq(&new.key.key_id),
                        signing_key::algorithm.eq(&new.key.algorithm),
                        signing_key::sealed.eq(&new.key.sealed),
                        signing_key::created_at.eq(UtcMicros::from(now)),
                        signing_key::publication_seconds.eq(new.publication_seconds),
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

    /// Notes until when the key manager publishes a key, and from when it signs, unless that is
    /// decided already.
    pub(crate) async fn mark_published(
        &self,
        key_id: String,
        until: Timestamp,
        signs_from: Timestamp,
    ) -> Result<(), DatabaseError> {
        self.database
            .write(move |conn| {
                diesel::update(signing_key::table)
                    .filter(signing_key::key_id.eq(&key_id))
                    .set(signing_key::published_until.eq(UtcMicros::from(until)))
                    .execute(conn)?;
                diesel::update(signing_key::table)
                    .filter(signing_key::key_id.eq(&key_id))
                    .filter(signing_key::signs_from.is_null())
                    .set(signing_key::signs_from.eq(UtcMicros::from(signs_from)))
                    .execute(conn)?;
                Ok(())
            })
            .await
    }

    /// Forgets a key that nothing needs any more; whether it was there.
    pub(crate) async fn delete_signing_key(&self, key_id: String) -> Result<bool, DatabaseError> {
        self.database
            .write(move |conn| {
                let deleted = diesel::delete(signing_key::table)
                    .filter(signing_key::key_id.eq(&key_id))
                    .execute(conn)?;
                Ok(deleted > 0)
            })
            .await
    }

    /// Whether any event waits that was created before `at`: one look-up by key for each client.
    pub(crate) async fn has_waiting_before(&self, at: Timestamp) -> Result<bool, DatabaseError> {
        let before = UuidBytes(EventId::first_at(at).as_uuid());
        self.database
            .read(move |conn| {
                let older = open_event::table
                    .filter(open_event::client_no.eq(client::client_no))
                    .filter(open_event::jti.lt(before));
                let waiting: Option<i32> = client::table
                    .filter(exists(older))
                    .select(client::client_no)
                    .first(conn)
                    .optional()?;
                Ok(waiting.is_some())
            })
            .await
    }
}

fn stored_key(row: Row) -> StoredKey {
    let (number, key_id, algorithm, sealed, created_at, published_until, signs_from, seconds) = row;
    StoredKey {
        number,
        key: SealedKey { key_id, algorithm, sealed },
        created_at,
        published_until,
        signs_from,
        publication_seconds: seconds,
    }
}
