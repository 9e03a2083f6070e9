//! Public keys of other roles.

use super::TokenKeyRecord;
use super::schema::published_key;
use database::{AnyConnection, UtcMicros, each};
use diesel::prelude::*;

/// A key that is published until nobody needs it any more.
#[derive(Clone, Debug, Queryable, Insertable, Selectable)]
#[diesel(table_name = published_key)]
pub(crate) struct PublishedKey {
    pub(crate) kid: String,
    pub(crate) jwk: String,
    pub(crate) retain_until: UtcMicros,
}

/// What became of a key that was to be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PublishOutcome {
    /// It is published.
    Published,
    /// Another key has this `kid`, and is left as it is: a `kid` never changes its meaning.
    KeyIdTaken,
}

impl PublishedKey {
    /// All of them, in the order of their `kid`.
    pub(crate) fn all(connection: &mut AnyConnection) -> QueryResult<Vec<Self>> {
        published_key::table.order(published_key::kid).select(Self::as_select()).load(connection)
    }

    /// Publishes the key, or changes how long it is retained.
    pub(crate) fn publish(&self, connection: &mut AnyConnection) -> QueryResult<PublishOutcome> {
        use diesel::query_dsl::methods::FilterDsl;

        if TokenKeyRecord::exists(connection, &self.kid)? {
            return Ok(PublishOutcome::KeyIdTaken);
        }
        let rows = each!(connection => diesel::insert_into(published_key::table)
            .values(self)
            .on_conflict(published_key::kid)
            .do_update()
            .set(published_key::retain_until.eq(self.retain_until))
            .filter(published_key::jwk.eq(&self.jwk))
            .execute(connection))?;
        Ok(if rows == 1 { PublishOutcome::Published } else { PublishOutcome::KeyIdTaken })
    }
}
