//! Keys that sign access tokens.

use super::schema::token_key;
use database::{AnyConnection, UtcMicros};
use diesel::prelude::*;

/// A token key as it is kept: the private half sealed.
#[derive(Clone, Debug, Queryable, Insertable, Selectable)]
#[diesel(table_name = token_key)]
pub(crate) struct TokenKeyRecord {
    pub(crate) kid: String,
    pub(crate) alg: String,
    pub(crate) public_jwk: String,
    pub(crate) certificate: Vec<u8>,
    pub(crate) sealed_private_key: Vec<u8>,
    pub(crate) created_at: UtcMicros,
}

impl TokenKeyRecord {
    /// All of them, the newest first.
    pub(crate) fn all(connection: &mut AnyConnection) -> QueryResult<Vec<Self>> {
        token_key::table
            .order((token_key::created_at.desc(), token_key::kid))
            .select(Self::as_select())
            .load(connection)
    }

    /// Adds the key.
    pub(crate) fn insert(&self, connection: &mut AnyConnection) -> QueryResult<()> {
        diesel::insert_into(token_key::table).values(self).execute(connection).map(drop)
    }

    /// Adds the key unless there is one of its algorithm; replicas that start together on an empty
    /// database agree on one key this way.
    pub(crate) fn insert_if_first(&self, connection: &mut AnyConnection) -> QueryResult<()> {
        lock(connection)?;
        let exists = token_key::table
            .filter(token_key::alg.eq(&self.alg))
            .select(token_key::kid)
            .first::<String>(connection)
            .optional()?;
        if exists.is_some() { Ok(()) } else { self.insert(connection) }
    }

    /// Whether a token key has this `kid`.
    pub(crate) fn exists(connection: &mut AnyConnection, kid: &str) -> QueryResult<bool> {
        let found = token_key::table
            .find(kid)
            .select(token_key::kid)
            .first::<String>(connection)
            .optional()?;
        Ok(found.is_some())
    }
}

/// SQLite's writer is alone already.
fn lock(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection {
        AnyConnection::Postgres(connection) => {
            diesel::sql_query("LOCK TABLE token_key IN SHARE ROW EXCLUSIVE MODE")
                .execute(connection)
                .map(drop)
        }
        AnyConnection::Sqlite(_) => Ok(()),
    }
}
