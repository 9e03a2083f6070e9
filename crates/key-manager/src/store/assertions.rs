//! Assertions that were used.

use super::schema::used_assertion;
use database::{AnyConnection, UtcMicros, each};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

/// One use of a client assertion.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = used_assertion, treat_none_as_default_value = false)]
pub(crate) struct UsedAssertion {
    /// Whose.
    pub(crate) client_id: String,
    /// Its `jti`, byte by byte.
    pub(crate) jti: Vec<u8>,
    /// From when on the assertion is refused anyway: its `exp` and the skew.
    pub(crate) expires_at: UtcMicros,
}

/// Whether this is the first use: decided by the row counts of conditional statements, so that of many
/// copies that arrive together, on however many replicas, exactly one is told so. A row that has
/// expired by `now` does not count, whether or not it has been swept.
///
/// Two statements, because diesel prepares `ON CONFLICT DO UPDATE` anew at each execution; the second
/// runs only where the first has met a row.
pub(crate) fn record(
    connection: &mut AnyConnection,
    used: &UsedAssertion,
    now: UtcMicros,
) -> QueryResult<bool> {
    let inserted = each!(connection => diesel::insert_into(used_assertion::table)
        .values(used)
        .on_conflict((used_assertion::client_id, used_assertion::jti))
        .do_nothing()
        .execute(connection))?;
    if inserted == 1 {
        return Ok(true);
    }
    let expired = used_assertion::table
        .find((&used.client_id, &used.jti))
        .filter(used_assertion::expires_at.le(now));
    let renewed = diesel::update(expired)
        .set(used_assertion::expires_at.eq(used.expires_at))
        .execute(connection)?;
    Ok(renewed == 1)
}

/// Deletes at most `limit` rows that expired before `before`; the number deleted.
pub(crate) fn sweep(
    connection: &mut AnyConnection,
    before: UtcMicros,
    limit: i64,
) -> QueryResult<usize> {
    diesel::sql_query(
        "DELETE FROM used_assertion WHERE (client_id, jti) IN \
         (SELECT client_id, jti FROM used_assertion WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    )
    .bind::<BigInt, _>(before.0)
    .bind::<BigInt, _>(limit)
    .execute(connection)
}
