//! The bank's hand on what waits: letting events wait again, and ending them.

use super::events::{EndedBy, Ending, OutcomeRow, close, record};
use super::inventory::{Range, ended};
use super::schema::{event_log, open_event, signing_key};
use super::{ClientNo, Store};
use crate::event::EventId;
use database::{AnyConnection, DatabaseError, UuidBytes, each};
use diesel::dsl::exists;
use diesel::prelude::*;
use jiff::Timestamp;

/// What became of an order to change an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EventChange {
    /// It is changed.
    Done(ClientNo),
    /// It was so already.
    Unchanged,
    /// Nobody could verify its SET: the key that signed it is gone, or nothing was ever signed.
    Unverifiable,
    /// There is no such event.
    NotFound,
}

/// A part of a time range of one client's events that is to wait again.
#[derive(Clone, Debug)]
pub(crate) struct ReplayRange {
    pub(crate) client_no: ClientNo,
    pub(crate) created_from: Timestamp,
    pub(crate) created_before: Timestamp,
    pub(crate) after: Option<EventId>,
    /// The most events to look at.
    pub(crate) limit: usize,
}

/// What a replay did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Replayed {
    /// Events that wait again.
    pub(crate) reopened: usize,
    /// Events that wait already, or whose SET nobody could verify or is forgotten.
    pub(crate) skipped: usize,
    /// After which event the range goes on, where it may.
    pub(crate) next: Option<EventId>,
}

impl Store {
    /// Lets an event wait again, whatever had become of it.
    pub(crate) async fn reopen(
        &self,
        id: EventId,
        now: Timestamp,
    ) -> Result<EventChange, DatabaseError> {
        self.database
            .write(move |conn| {
                let id = UuidBytes(id.as_uuid());
                let Some(client_no) = lock(conn, vec![id])?.first().map(|row| row.1) else {
                    return Ok(EventChange::NotFound);
                };
                if verifiable(conn, vec![id])?.is_empty() {
                    return Ok(EventChange::Unverifiable);
                }
                let client_no = ClientNo(client_no);
                let reopened = open_again(conn, client_no, &[id], now)?;
                Ok(if reopened == 1 {
                    EventChange::Done(client_no)
                } else {
                    EventChange::Unchanged
                })
            })
            .await
    }

    /// Ends an event that waits.
    pub(crate) async fn end_event(
        &self,
        id: EventId,
        now: Timestamp,
    ) -> Result<EventChange, DatabaseError> {
        self.database
            .write(move |conn| {
                let id = UuidBytes(id.as_uuid());
                let owner = event_log::table.find(id).select(event_log::client_no);
                let Some(client_no) = owner.first::<i32>(conn).optional()? else {
                    return Ok(EventChange::NotFound);
                };
                let client_no = ClientNo(client_no);
                let ending = Ending::Expired(EndedBy::Bank);
                let ended = close(conn, client_no, &[(id, ending)], now)?;
                Ok(if ended.is_empty() {
                    EventChange::Unchanged
                } else {
                    EventChange::Done(client_no)
                })
            })
            .await
    }

    /// Lets the events of a client in a range wait again.
    pub(crate) async fn replay(
        &self,
        range: ReplayRange,
        now: Timestamp,
    ) -> Result<Replayed, DatabaseError> {
        self.database
            .write(move |conn| {
                let between =
                    Range::new(Some(range.created_from), Some(range.created_before), range.after);
                let ids = ended(conn, range.client_no, between, range.limit)?;
                let looked_at = ids.len();
                let next = ids.last().filter(|_| looked_at == range.limit).copied();
                let kept: Vec<UuidBytes> = lock(conn, ids)?.into_iter().map(|row| row.0).collect();
                let ids = verifiable(conn, kept)?;
                let reopened = open_again(conn, range.client_no, &ids, now)?;
                Ok(Replayed {
                    reopened,
                    skipped: looked_at - reopened,
                    next: next.map(|id| EventId::from(id.0)),
                })
            })
            .await
    }
}

/// Those of `ids` that are in the log, and whose they are; held until the unit of work ends, so that
/// they are not forgotten meanwhile.
fn lock(
    conn: &mut AnyConnection,
    ids: Vec<UuidBytes>,
) -> Result<Vec<(UuidBytes, i32)>, DatabaseError> {
    let rows = event_log::table
        .filter(event_log::jti.eq_any(ids))
        .order(event_log::jti.asc())
        .select((event_log::jti, event_log::client_no));
    Ok(match conn {
        AnyConnection::Postgres(conn) => rows.for_update().load(conn)?,
        AnyConnection::Sqlite(conn) => rows.load(conn)?,
    })
}

/// Those of `ids` whose SET was signed with a key that is still published.
fn verifiable(
    conn: &mut AnyConnection,
    ids: Vec<UuidBytes>,
) -> Result<Vec<UuidBytes>, DatabaseError> {
    let published = signing_key::table.filter(signing_key::key_id.eq(event_log::key_id));
    Ok(event_log::table
        .filter(event_log::jti.eq_any(ids))
        .filter(exists(published))
        .select(event_log::jti)
        .load(conn)?)
}

fn open_again(
    conn: &mut AnyConnection,
    client_no: ClientNo,
    ids: &[UuidBytes],
    now: Timestamp,
) -> Result<usize, DatabaseError> {
    let mut opened = Vec::new();
    for id in ids {
        let row = (open_event::client_no.eq(client_no.0), open_event::jti.eq(*id));
        let inserted = each!(conn => diesel::insert_into(open_event::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(conn))?;
        if inserted == 1 {
            opened.push(OutcomeRow::reopened(client_no, *id, now));
        }
    }
    record(conn, &opened)?;
    Ok(opened.len())
}
