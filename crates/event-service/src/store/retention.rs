//! Giving up and forgetting: events that waited too long, and rows of events that do not wait any
//! more. Every step is a unit of work of bounded size, and safe beside another replica's.

use super::events::{EndedBy, Ending, close, rows as rows_of};
use super::schema::{client, event_log, event_outcome, open_event};
use super::{ClientNo, Store};
use crate::event::EventId;
use database::{AnyConnection, DatabaseError, UtcMicros, UuidBytes};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use jiff::Timestamp;

/// Events of one client that were given up because of their age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expired {
    pub(crate) client_id: String,
    pub(crate) events: usize,
}

/// One step of a sweep; `C` says where the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Swept<C> {
    /// Rows deleted.
    pub(crate) rows: usize,
    /// `None` after the last step.
    pub(crate) next: Option<C>,
}

impl Store {
    /// Gives up at most `limit` events of one client that were created before `before`; `None` where
    /// there are none.
    pub(crate) async fn expire(
        &self,
        before: Timestamp,
        now: Timestamp,
        limit: usize,
    ) -> Result<Option<Expired>, DatabaseError> {
        self.database
            .write(move |conn| {
                let before = UuidBytes(EventId::first_at(before).as_uuid());
                let Some((client_no, client_id)) = client_with_older(conn, before)? else {
                    return Ok(None);
                };
                let ids: Vec<UuidBytes> = open_event::table
                    .filter(open_event::client_no.eq(client_no.0))
                    .filter(open_event::jti.lt(before))
                    .order(open_event::jti.asc())
                    .limit(rows_of(limit))
                    .select(open_event::jti)
                    .load(conn)?;
                let expired = |id| (id, Ending::Expired(EndedBy::Retention));
                let endings: Vec<_> = ids.into_iter().map(expired).collect();
                let events = close(conn, client_no, &endings, now)?.len();
                Ok(Some(Expired { client_id, events }))
            })
            .await
    }

    /// Looks at the `limit` oldest events after `after` that were created before `before` and deletes
    /// those that do not wait.
    pub(crate) async fn sweep_events(
        &self,
        before: Timestamp,
        after: Option<EventId>,
        limit: usize,
    ) -> Result<Swept<EventId>, DatabaseError> {
        let before = UuidBytes(EventId::first_at(before).as_uuid());
        let after = UuidBytes(after.map_or_else(uuid::Uuid::nil, EventId::as_uuid));
        self.database
            .write(move |conn| {
                let ids = lock_events(conn, after, before, limit)?;
                let next = (ids.len() == limit).then(|| ids.last().copied()).flatten();
                // A statement of its own, so that on PostgreSQL it sees what was opened again before
                // the rows were locked.
                let waits = open_event::table
                    .filter(open_event::client_no.eq(event_log::client_no))
                    .filter(open_event::jti.eq(event_log::jti));
                let rows = diesel::delete(event_log::table)
                    .filter(event_log::jti.eq_any(ids))
                    .filter(not(exists(waits)))
                    .execute(conn)?;
                Ok(Swept { rows, next: next.map(|id| EventId::from(id.0)) })
            })
            .await
    }

    /// Looks at the `limit` oldest outcomes after number `after` and deletes those of before `before`
    /// whose event does not wait.
    pub(crate) async fn sweep_outcomes(
        &self,
        before: Timestamp,
        after: i64,
        limit: usize,
    ) -> Result<Swept<i64>, DatabaseError> {
        let before = UtcMicros::from(before);
        self.database
            .write(move |conn| {
                // By number and not by time, so that what is too young is not read again and again.
                let seen: Vec<(i64, UtcMicros)> = event_outcome::table
                    .filter(event_outcome::outcome_no.gt(after))
                    .order(event_outcome::outcome_no.asc())
                    .limit(rows_of(limit))
                    .select((event_outcome::outcome_no, event_outcome::at))
                    .load(conn)?;
                let next = seen
                    .last()
                    .filter(|(_, at)| seen.len() == limit && *at < before)
                    .map(|(number, _)| *number);
                let old: Vec<i64> =
                    seen.iter().filter(|(_, at)| *at < before).map(|(number, _)| *number).collect();
                let waits = open_event::table
                    .filter(open_event::client_no.eq(event_outcome::client_no))
                    .filter(open_event::jti.eq(event_outcome::jti));
                let rows = diesel::delete(event_outcome::table)
                    .filter(event_outcome::outcome_no.eq_any(old))
                    .filter(not(exists(waits)))
                    .execute(conn)?;
                Ok(Swept { rows, next })
            })
            .await
    }
}

/// One look-up by key for each client.
fn client_with_older(
    conn: &mut AnyConnection,
    before: UuidBytes,
) -> Result<Option<(ClientNo, String)>, DatabaseError> {
    let older = open_event::table
        .filter(open_event::client_no.eq(client::client_no))
        .filter(open_event::jti.lt(before));
    let found = client::table
        .filter(exists(older))
        .select((client::client_no, client::client_id))
        .first::<(i32, String)>(conn)
        .optional()?;
    Ok(found.map(|(client_no, client_id)| (ClientNo(client_no), client_id)))
}

/// The next rows of the log, held until the unit of work ends: nobody opens them again meanwhile, and
/// what somebody is about to open again is passed over.
fn lock_events(
    conn: &mut AnyConnection,
    after: UuidBytes,
    before: UuidBytes,
    limit: usize,
) -> Result<Vec<UuidBytes>, DatabaseError> {
    let rows = event_log::table
        .filter(event_log::jti.gt(after))
        .filter(event_log::jti.lt(before))
        .order(event_log::jti.asc())
        .limit(rows_of(limit))
        .select(event_log::jti);
    Ok(match conn {
        AnyConnection::Postgres(conn) => rows.for_update().skip_locked().load(conn)?,
        AnyConnection::Sqlite(conn) => rows.load(conn)?,
    })
}
