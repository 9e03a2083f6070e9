//! Events: appended with their SET, listed while they wait, released with an outcome.

use super::idempotency::{self, Appended};
use super::schema::{event_log, event_outcome, open_event};
use super::{ClientNo, Store};
use crate::event::{EventId, IdempotentRequest};
use crate::set::SignedSet;
use database::{AnyConnection, DatabaseError, UtcMicros, UuidBytes, each};
use diesel::prelude::*;
use jiff::Timestamp;
use std::collections::HashMap;

/// An event with its signed SET, ready to be kept; without one where nobody is to be told of it.
#[derive(Clone, Debug)]
pub(crate) struct EventRecord {
    pub(crate) id: EventId,
    pub(crate) client_no: ClientNo,
    /// A JSON array of the event types.
    pub(crate) event_types: String,
    pub(crate) resource_id: String,
    pub(crate) set: Option<SignedSet>,
    pub(crate) created_at: Timestamp,
}

/// What a poll asks of the store.
#[derive(Clone, Debug)]
pub(crate) struct PageRequest {
    pub(crate) client_no: ClientNo,
    /// Events to release first.
    pub(crate) releases: Vec<Release>,
    /// The most SETs to return.
    pub(crate) limit: usize,
}

/// An event that its client no longer wants.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    pub(crate) id: EventId,
    pub(crate) outcome: ReleaseOutcome,
}

/// How a client let go of an event.
#[derive(Clone, Debug)]
pub(crate) enum ReleaseOutcome {
    /// It has it.
    Acknowledged,
    /// It could not use it.
    Errored {
        /// The receiver's code.
        err: String,
        /// The receiver's text.
        description: String,
    },
}

/// The oldest waiting events of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    /// Ids and SETs, oldest first.
    pub(crate) sets: Vec<(EventId, String)>,
    /// Whether more wait.
    pub(crate) more_available: bool,
    /// How many of the releases found an open event of this client.
    pub(crate) released: usize,
}

impl Store {
    /// Keeps `events` and lets them wait, all or none; `Ok` means that they survive a crash. Of
    /// requests under one idempotency key the first is kept alone.
    pub(crate) async fn append(
        &self,
        events: Vec<EventRecord>,
        idempotent: Option<IdempotentRequest>,
    ) -> Result<Appended, DatabaseError> {
        self.database
            .write_batched(move |conn| {
                if let Some(request) = &idempotent
                    && let Some(earlier) = idempotency::claim(conn, request, &events)?
                {
                    return Ok(Appended::Before(earlier));
                }
                events.iter().try_for_each(|event| append(conn, event))?;
                Ok(Appended::New)
            })
            .await
    }

    /// The newest event of a client that waits.
    pub(crate) async fn newest_open(
        &self,
        client_no: ClientNo,
    ) -> Result<Option<EventId>, DatabaseError> {
        self.database
            .read(move |conn| {
                let newest = open_event::table
                    .filter(open_event::client_no.eq(client_no.0))
                    .order(open_event::jti.desc())
                    .select(open_event::jti)
                    .first::<UuidBytes>(conn)
                    .optional()?;
                Ok(newest.map(|id| EventId::from(id.0)))
            })
            .await
    }

    /// The profiles of kept SETs, as the log names them.
    pub(crate) async fn profiles(
        &self,
        ids: Vec<EventId>,
    ) -> Result<HashMap<EventId, String>, DatabaseError> {
        self.database
            .read(move |conn| {
                let ids = ids.iter().map(|id| UuidBytes(id.as_uuid()));
                let rows: Vec<(UuidBytes, String)> = event_log::table
                    .filter(event_log::jti.eq_any(ids))
                    .select((event_log::jti, event_log::profile))
                    .load(conn)?;
                Ok(rows.into_iter().map(|(id, name)| (EventId::from(id.0), name)).collect())
            })
            .await
    }

    /// Applies the releases, then reads the page, in one unit of work; without releases it is a
    /// pure read.
    pub(crate) async fn page(
        &self,
        request: PageRequest,
        now: Timestamp,
    ) -> Result<Page, DatabaseError> {
        if request.releases.is_empty() {
            return self.database.read(move |conn| page(conn, &request)).await;
        }
        self.database
            .write_batched(move |conn| {
                let released = release(conn, &request, now)?;
                Ok(Page { released, ..page(conn, &request)? })
            })
            .await
    }
}

fn append(conn: &mut AnyConnection, event: &EventRecord) -> Result<(), DatabaseError> {
    let (profile, key_id, set_jws) = event
        .set
        .as_ref()
        .map_or((UNSIGNED, "", ""), |set| (set.logged_as, &*set.key_id, &*set.compact));
    let jti = UuidBytes(event.id.as_uuid());
    diesel::insert_into(event_log::table)
        .values((
            event_log::jti.eq(jti),
            event_log::client_no.eq(event.client_no.0),
            event_log::profile.eq(profile),
            event_log::key_id.eq(key_id),
            event_log::event_types.eq(&event.event_types),
            event_log::resource_id.eq(&event.resource_id),
            event_log::set_jws.eq(set_jws),
            event_log::created_at.eq(UtcMicros::from(event.created_at)),
        ))
        .execute(conn)?;
    if event.set.is_none() {
        let row = OutcomeRow::not_subscribed(event.client_no, jti, event.created_at);
        each!(conn => diesel::insert_into(event_outcome::table).values(&row).execute(conn))?;
        return Ok(());
    }
    diesel::insert_into(open_event::table)
        .values((open_event::client_no.eq(event.client_no.0), open_event::jti.eq(jti)))
        .execute(conn)?;
    Ok(())
}

/// Deletes what is open and this client's, and records how it ended. Ids that are unknown, another
/// client's or already released are passed over: a repeated acknowledgement is no error, and a
/// foreign one must have no effect.
fn release(
    conn: &mut AnyConnection,
    request: &PageRequest,
    now: Timestamp,
) -> Result<usize, DatabaseError> {
    let mut released = 0;
    for releases in request.releases.chunks(STATEMENT_ROWS) {
        let ids: Vec<UuidBytes> =
            releases.iter().map(|release| UuidBytes(release.id.as_uuid())).collect();
        let open: Vec<UuidBytes> = diesel::delete(open_event::table)
            .filter(open_event::client_no.eq(request.client_no.0))
            .filter(open_event::jti.eq_any(ids))
            .returning(open_event::jti)
            .get_results(conn)?;
        released += open.len();
        record(conn, request.client_no, releases, &open, now)?;
    }
    Ok(released)
}

fn record(
    conn: &mut AnyConnection,
    client_no: ClientNo,
    releases: &[Release],
    open: &[UuidBytes],
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let mut by_id: HashMap<UuidBytes, &ReleaseOutcome> = releases
        .iter()
        .map(|release| (UuidBytes(release.id.as_uuid()), &release.outcome))
        .collect();
    let rows: Vec<OutcomeRow> = open
        .iter()
        .filter_map(|id| Some(OutcomeRow::new(client_no, *id, by_id.remove(id)?, now)))
        .collect();
    if !rows.is_empty() {
        each!(conn => diesel::insert_into(event_outcome::table).values(&rows).execute(conn))?;
    }
    Ok(())
}

/// Two look-ups by key rather than a join, so that no planner can choose a scan of the log.
fn page(conn: &mut AnyConnection, request: &PageRequest) -> Result<Page, DatabaseError> {
    let mut ids = oldest_open(conn, request.client_no, request.limit + 1)?;
    let more_available = ids.len() > request.limit;
    ids.truncate(request.limit);
    Ok(Page { sets: sets(conn, ids)?, more_available, released: 0 })
}

fn oldest_open(
    conn: &mut AnyConnection,
    client_no: ClientNo,
    limit: usize,
) -> Result<Vec<UuidBytes>, DatabaseError> {
    Ok(open_event::table
        .filter(open_event::client_no.eq(client_no.0))
        .order(open_event::jti.asc())
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select(open_event::jti)
        .load(conn)?)
}

fn sets(
    conn: &mut AnyConnection,
    ids: Vec<UuidBytes>,
) -> Result<Vec<(EventId, String)>, DatabaseError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(UuidBytes, String)> = event_log::table
        .filter(event_log::jti.eq_any(ids))
        .order(event_log::jti.asc())
        .select((event_log::jti, event_log::set_jws))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, set)| (EventId::from(id.0), set)).collect())
}

#[derive(Insertable)]
#[diesel(table_name = event_outcome, treat_none_as_default_value = false)]
struct OutcomeRow {
    client_no: i32,
    jti: UuidBytes,
    outcome: i16,
    via: i16,
    err: Option<String>,
    description: Option<String>,
    at: UtcMicros,
}

impl OutcomeRow {
    fn new(client_no: ClientNo, jti: UuidBytes, outcome: &ReleaseOutcome, now: Timestamp) -> Self {
        let (outcome, err, description) = match outcome {
            ReleaseOutcome::Acknowledged => (ACKNOWLEDGED, None, None),
            ReleaseOutcome::Errored { err, description } => {
                (ERRORED, Some(err.clone()), Some(description.clone()))
            }
        };
        Self {
            client_no: client_no.0,
            jti,
            outcome,
            via: BY_POLL,
            err,
            description,
            at: now.into(),
        }
    }

    fn not_subscribed(client_no: ClientNo, jti: UuidBytes, now: Timestamp) -> Self {
        Self {
            client_no: client_no.0,
            jti,
            outcome: NOT_SUBSCRIBED,
            via: BY_BANK,
            err: None,
            description: None,
            at: now.into(),
        }
    }
}

/// `event_log.profile` where nothing was signed.
const UNSIGNED: &str = "none";
/// `event_outcome.outcome`.
const ACKNOWLEDGED: i16 = 1;
const ERRORED: i16 = 2;
const NOT_SUBSCRIBED: i16 = 5;
/// `event_outcome.via`.
const BY_POLL: i16 = 1;
const BY_BANK: i16 = 3;
/// Ids per statement, well under SQLite's limit on variables.
const STATEMENT_ROWS: usize = 500;
