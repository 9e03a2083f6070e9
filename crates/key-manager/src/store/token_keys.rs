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
    /// From when it signs; until then it is only published.
    pub(crate) activates_at: UtcMicros,
    /// From when its successor signs.
    pub(crate) superseded_at: Option<UtcMicros>,
}

impl TokenKeyRecord {
    /// All of them, the last to sign first.
    pub(crate) fn all(connection: &mut AnyConnection) -> QueryResult<Vec<Self>> {
        token_key::table
            .order((token_key::activates_at.desc(), token_key::kid))
            .select(Self::as_select())
            .load(connection)
    }

    /// Adds the key unless there is one of its algorithm; replicas that start together on an empty
    /// database agree on one key this way. Whether it was added.
    pub(crate) fn insert_if_first(&self, connection: &mut AnyConnection) -> QueryResult<bool> {
        lock(connection)?;
        let exists = token_key::table
            .filter(token_key::alg.eq(&self.alg))
            .select(token_key::kid)
            .first::<String>(connection)
            .optional()?;
        if exists.is_some() {
            return Ok(false);
        }
        self.insert(connection).map(|()| true)
    }

    /// Adds the key as the one that signs after the last of its algorithm, provided that the last
    /// was made by `made_by`; from when it signs, never before the last does. `None` where nothing
    /// was added: the last is younger, or another process gave it a successor at this moment, which
    /// one conditional update decides.
    pub(crate) fn insert_after_last(
        &self,
        connection: &mut AnyConnection,
        made_by: UtcMicros,
    ) -> QueryResult<Option<UtcMicros>> {
        let last = token_key::table
            .filter(token_key::alg.eq(&self.alg))
            .filter(token_key::superseded_at.is_null())
            .order((token_key::activates_at.desc(), token_key::kid))
            .select((token_key::kid, token_key::activates_at))
            .first::<(String, UtcMicros)>(connection)
            .optional()?;
        let Some((last, last_activates_at)) = last else {
            return Ok(self.insert_if_first(connection)?.then_some(self.activates_at));
        };
        let activates_at = self.activates_at.max(UtcMicros(last_activates_at.0 + 1));
        let superseded = diesel::update(token_key::table.find(last))
            .filter(token_key::superseded_at.is_null())
            .filter(token_key::created_at.le(made_by))
            .set(token_key::superseded_at.eq(activates_at))
            .execute(connection)?;
        if superseded == 0 {
            return Ok(None);
        }
        Self { activates_at, ..self.clone() }.insert(connection)?;
        Ok(Some(activates_at))
    }

    /// Deletes the keys whose successors sign since before `before`; their names.
    pub(crate) fn delete_superseded(
        connection: &mut AnyConnection,
        before: UtcMicros,
    ) -> QueryResult<Vec<String>> {
        let superseded: Vec<String> = token_key::table
            .filter(token_key::superseded_at.lt(before))
            .select(token_key::kid)
            .load(connection)?;
        let mut deleted = Vec::new();
        for kid in superseded {
            if diesel::delete(token_key::table.find(&kid)).execute(connection)? == 1 {
                deleted.push(kid);
            }
        }
        Ok(deleted)
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

    /// Adds the key.
    pub(super) fn insert(&self, connection: &mut AnyConnection) -> QueryResult<()> {
        diesel::insert_into(token_key::table).values(self).execute(connection).map(drop)
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
