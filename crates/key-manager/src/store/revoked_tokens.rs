//! Tokens that count no longer although they have not expired.

use super::Change;
use super::schema::revoked_token;
use super::state::RevokedToken;
use database::{AnyConnection, UtcMicros, each};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

impl RevokedToken {
    /// Revokes the token and tells whoever follows the changes; false where it was revoked before.
    pub(crate) fn record(
        &self,
        connection: &mut AnyConnection,
        now: UtcMicros,
    ) -> QueryResult<bool> {
        let row = (
            revoked_token::jti.eq(&self.jti),
            revoked_token::client_id.eq(&self.client_id),
            revoked_token::expires_at.eq(self.expires_at),
        );
        let inserted = each!(connection => diesel::insert_into(revoked_token::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(connection))?;
        if inserted == 0 {
            return Ok(false);
        }
        Change::TokenRevoked {
            jti: self.jti.clone(),
            client_id: self.client_id.clone(),
            expires_at: self.expires_at,
        }
        .record(connection, now)?;
        Ok(true)
    }

    /// Whether the token with this `jti` is revoked.
    pub(crate) fn is_revoked(connection: &mut AnyConnection, jti: &str) -> QueryResult<bool> {
        revoked_token::table
            .find(jti)
            .select(revoked_token::jti)
            .first::<String>(connection)
            .optional()
            .map(|found| found.is_some())
    }

    /// Forgets at most `limit` tokens that expired before `before`; the number forgotten.
    pub(crate) fn sweep(
        connection: &mut AnyConnection,
        before: UtcMicros,
        limit: i64,
    ) -> QueryResult<usize> {
        diesel::sql_query(
            "DELETE FROM revoked_token WHERE jti IN \
             (SELECT jti FROM revoked_token WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
        )
        .bind::<BigInt, _>(before.0)
        .bind::<BigInt, _>(limit)
        .execute(connection)
    }
}
