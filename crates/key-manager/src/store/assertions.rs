//! Assertions that were used.

use super::schema::{assertion_use, used_assertion};
use database::{AnyConnection, UtcMicros, each};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

/// One use of a client assertion.
#[derive(Clone, Debug)]
pub(crate) struct UsedAssertion {
    client_id: String,
    jti: String,
    id: UseId,
    expires_at: UtcMicros,
}

/// Where uses of before the table of uses by id may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OlderUses {
    /// In their own table.
    Kept,
    /// Nowhere: all have expired and were swept.
    Gone,
}

/// One step of a sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SweptUses {
    /// Rows deleted.
    pub(crate) rows: usize,
    /// Where the next step begins; `None` after the last one.
    pub(crate) next: Option<Vec<u8>>,
}

/// The first half of SHA-256 over client id and `jti`. Whoever finds a second use of one id has made
/// 2^128 attempts, or is a client that collided with itself and loses one of its own assertions.
type UseId = [u8; 16];

impl UsedAssertion {
    /// The use of the assertion `jti`, compared byte by byte, of a client. From `expires_at` on the
    /// assertion is refused anyway: its `exp` and the skew.
    pub(crate) fn new(client_id: String, jti: String, expires_at: UtcMicros) -> Self {
        Self { id: use_id(&client_id, &jti), client_id, jti, expires_at }
    }

    /// Whether this is the first use: decided by the row counts of conditional statements, so that of
    /// many copies that arrive together, on however many replicas, exactly one is told so. A row that
    /// has expired by `now` does not count, whether or not it has been swept.
    ///
    /// Two statements, because diesel prepares `ON CONFLICT DO UPDATE` anew at each execution; the
    /// second runs only where the first has met a row.
    pub(crate) fn record(
        &self,
        connection: &mut AnyConnection,
        older: OlderUses,
        now: UtcMicros,
    ) -> QueryResult<bool> {
        if older == OlderUses::Kept && self.is_among_older(connection, now)? {
            return Ok(false);
        }
        let id = self.id.as_slice();
        let row = (assertion_use::id.eq(id), assertion_use::expires_at.eq(self.expires_at));
        let inserted = each!(connection => diesel::insert_into(assertion_use::table)
            .values(row)
            .on_conflict(assertion_use::id)
            .do_nothing()
            .execute(connection))?;
        if inserted == 1 {
            return Ok(true);
        }
        let expired = assertion_use::table.find(id).filter(assertion_use::expires_at.le(now));
        let renewed = diesel::update(expired)
            .set(assertion_use::expires_at.eq(self.expires_at))
            .execute(connection)?;
        Ok(renewed == 1)
    }

    fn is_among_older(&self, connection: &mut AnyConnection, now: UtcMicros) -> QueryResult<bool> {
        let same = used_assertion::table
            .find((self.client_id.as_str(), self.jti.as_bytes()))
            .filter(used_assertion::expires_at.gt(now));
        diesel::select(exists(same)).get_result(connection)
    }
}

impl SweptUses {
    /// Looks at `rows` uses after the id `after` and deletes those that expired before `before`. In
    /// the order of their ids, because neighbours share pages.
    pub(crate) fn step(
        connection: &mut AnyConnection,
        before: UtcMicros,
        after: &[u8],
        rows: i64,
    ) -> QueryResult<Self> {
        let next = assertion_use::table
            .filter(assertion_use::id.gt(after))
            .order(assertion_use::id)
            .select(assertion_use::id)
            .offset(rows - 1)
            .first::<Vec<u8>>(connection)
            .optional()?;
        let expired = assertion_use::table
            .filter(assertion_use::id.gt(after))
            .filter(assertion_use::expires_at.lt(before));
        let rows = match &next {
            Some(last) => {
                diesel::delete(expired.filter(assertion_use::id.le(last))).execute(connection)?
            }
            None => diesel::delete(expired).execute(connection)?,
        };
        Ok(Self { rows, next })
    }
}

impl OlderUses {
    /// Whether there are any.
    pub(crate) fn find(connection: &mut AnyConnection) -> QueryResult<Self> {
        let any = diesel::select(exists(used_assertion::table.select(used_assertion::client_id)));
        Ok(if any.get_result(connection)? { Self::Kept } else { Self::Gone })
    }

    /// Deletes at most `limit` that expired before `before`; the number deleted.
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
}

/// The length before the client id keeps two pairs apart that would read alike.
fn use_id(client_id: &str, jti: &str) -> UseId {
    let mut input = Vec::with_capacity(8 + client_id.len() + jti.len());
    input.extend_from_slice(&(client_id.len() as u64).to_be_bytes());
    input.extend_from_slice(client_id.as_bytes());
    input.extend_from_slice(jti.as_bytes());
    let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = jose::sha256(&input);
    id
}
