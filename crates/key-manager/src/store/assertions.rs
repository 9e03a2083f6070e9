//! Assertions that were used.

use super::schema::used_assertion;
use database::{AnyConnection, UtcMicros, each};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

/// One use of a client assertion.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = used_assertion)]
pub(crate) struct UsedAssertion {
    /// Whose.
    pub(crate) client_id: String,
    /// Its `jti`, byte by byte.
    pub(crate) jti: Vec<u8>,
    /// From when on the assertion is refused anyway: its `exp` and the skew.
    pub(crate) expires_at: UtcMicros,
}

/// Whether this is the first use: one atomic statement, so that of many copies that arrive together,
/// on however many replicas, exactly one is told so. A row that has expired by `now` does not count,
/// whether or not it has been swept.
pub(crate) fn record(
    connection: &mut AnyConnection,
    used: &UsedAssertion,
    now: UtcMicros,
) -> QueryResult<bool> {
    use diesel::query_dsl::methods::FilterDsl;
    use diesel::upsert::excluded;

    let rows = each!(connection => diesel::insert_into(used_assertion::table)
        .values(used)
        .on_conflict((used_assertion::client_id, used_assertion::jti))
        .do_update()
        .set(used_assertion::expires_at.eq(excluded(used_assertion::expires_at)))
        .filter(used_assertion::expires_at.le(now))
        .execute(connection))?;
    Ok(rows == 1)
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
