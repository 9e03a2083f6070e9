//! Idempotency keys: which events a request made that may come again.

use super::Store;
use super::events::EventRecord;
use super::schema::idempotency_key;
use crate::event::{EventId, IdempotentRequest};
use database::{AnyConnection, DatabaseError, UtcMicros, each};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use jiff::Timestamp;

/// What became of an order to keep events.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Appended {
    /// They are kept.
    New,
    /// Nothing was done: the key had been used.
    Before(Earlier),
}

/// What a key was used for before.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Earlier {
    /// The same request, which made these events.
    Same(Vec<EventId>),
    /// Another request.
    Other,
}

impl Store {
    /// What the key of `request` was used for before.
    pub(crate) async fn earlier(
        &self,
        request: IdempotentRequest,
    ) -> Result<Option<Earlier>, DatabaseError> {
        self.database.read(move |conn| find(conn, &request)).await
    }

    /// Forgets at most `limit` keys of before `before`; their number.
    pub(crate) async fn sweep_idempotency_keys(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<usize, DatabaseError> {
        let before = UtcMicros::from(before);
        self.database
            .write(move |conn| {
                // A key that was taken again meanwhile is a new one: hence the time once more.
                let swept = diesel::sql_query(
                    "DELETE FROM idempotency_key WHERE (caller, key_hash) IN \
                     (SELECT caller, key_hash FROM idempotency_key WHERE at < $1 \
                     ORDER BY at LIMIT $2) AND at < $3",
                )
                .bind::<BigInt, _>(before.0)
                .bind::<BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX))
                .bind::<BigInt, _>(before.0)
                .execute(conn)?;
                Ok(swept)
            })
            .await
    }
}

/// Takes the key of `request` for `events`, or tells what it was used for before. Row counts of
/// conditional statements decide: of copies that arrive together, on however many replicas, one takes
/// the key and the others wait for its commit. A key old enough to be forgotten is free, whether or
/// not it has been swept.
pub(super) fn claim(
    conn: &mut AnyConnection,
    request: &IdempotentRequest,
    events: &[EventRecord],
) -> Result<Option<Earlier>, DatabaseError> {
    let answer = answer(events);
    let row = (
        idempotency_key::caller.eq(&request.caller),
        idempotency_key::key_hash.eq(request.key_hash.as_slice()),
        idempotency_key::request_hash.eq(request.request_hash.as_slice()),
        idempotency_key::answer.eq(&answer),
        idempotency_key::at.eq(UtcMicros::from(request.at)),
    );
    let inserted = each!(conn => diesel::insert_into(idempotency_key::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn))?;
    if inserted == 1 {
        return Ok(None);
    }
    let forgotten = idempotency_key::table
        .find((&request.caller, request.key_hash.as_slice()))
        .filter(idempotency_key::at.le(UtcMicros::from(request.forgotten_before)));
    let renewed = diesel::update(forgotten)
        .set((
            idempotency_key::request_hash.eq(request.request_hash.as_slice()),
            idempotency_key::answer.eq(&answer),
            idempotency_key::at.eq(UtcMicros::from(request.at)),
        ))
        .execute(conn)?;
    if renewed == 1 {
        return Ok(None);
    }
    find(conn, request)?.map(Some).ok_or_else(|| {
        // Swept between the two looks: the next attempt takes it.
        DatabaseError::Unavailable("an idempotency key was forgotten at this moment".to_owned())
    })
}

fn find(
    conn: &mut AnyConnection,
    request: &IdempotentRequest,
) -> Result<Option<Earlier>, DatabaseError> {
    let row = idempotency_key::table
        .find((&request.caller, request.key_hash.as_slice()))
        .filter(idempotency_key::at.gt(UtcMicros::from(request.forgotten_before)))
        .select((idempotency_key::request_hash, idempotency_key::answer))
        .first::<(Vec<u8>, String)>(conn)
        .optional()?;
    row.map(
        |(request_hash, answer)| {
            if request_hash == request.request_hash { same(&answer) } else { Ok(Earlier::Other) }
        },
    )
    .transpose()
}

fn answer(events: &[EventRecord]) -> String {
    let ids: Vec<String> = events.iter().map(|event| format!("\"{}\"", event.id)).collect();
    format!("[{}]", ids.join(","))
}

fn same(answer: &str) -> Result<Earlier, DatabaseError> {
    let unreadable = |error: String| {
        DatabaseError::Query(diesel::result::Error::DeserializationError(error.into()))
    };
    let ids: Vec<String> =
        serde_json::from_str(answer).map_err(|error| unreadable(error.to_string()))?;
    ids.iter()
        .map(|id| EventId::from_delivered(id).ok_or_else(|| unreadable(format!("no id: {id}"))))
        .collect::<Result<_, _>>()
        .map(Earlier::Same)
}
