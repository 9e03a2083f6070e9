//! Keys that sign SSAs.

use super::schema::ssa_key;
use database::{AnyConnection, UtcMicros};
use diesel::prelude::*;

/// A key as it is kept: the private half sealed.
#[derive(Clone, Debug, Queryable, Insertable, Selectable)]
#[diesel(table_name = ssa_key)]
pub(crate) struct SsaKeyRecord {
    pub(crate) kid: String,
    pub(crate) public_jwk: String,
    pub(crate) certificate: Vec<u8>,
    pub(crate) sealed_private_key: Vec<u8>,
    pub(crate) created_at: UtcMicros,
}

impl SsaKeyRecord {
    /// All of them, the newest first.
    pub(crate) fn all(connection: &mut AnyConnection) -> QueryResult<Vec<Self>> {
        ssa_key::table
            .order((ssa_key::created_at.desc(), ssa_key::kid))
            .select(Self::as_select())
            .load(connection)
    }

    /// Adds the key unless there is one; processes that start together on an empty database agree
    /// on one key this way.
    pub(crate) fn insert_if_first(&self, connection: &mut AnyConnection) -> QueryResult<bool> {
        lock(connection)?;
        let exists =
            ssa_key::table.select(ssa_key::kid).first::<String>(connection).optional()?.is_some();
        if !exists {
            diesel::insert_into(ssa_key::table).values(self).execute(connection)?;
        }
        Ok(!exists)
    }
}

/// SQLite's writer is alone already.
fn lock(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection {
        AnyConnection::Postgres(connection) => {
            diesel::sql_query("LOCK TABLE ssa_key IN SHARE ROW EXCLUSIVE MODE")
                .execute(connection)
                .map(drop)
        }
        AnyConnection::Sqlite(_) => Ok(()),
    }
}
