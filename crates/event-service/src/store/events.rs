//! Events: appended with their SET, listed while they wait, released with an outcome.

use super::idempotency::{self, Appended};
use super::push_jobs::{NewPushes, insert_push_jobs};
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
    pub(crate) pushes: NewPushes,
}

/// What a poll asks of the store.
#[derive(Clone, Debug)]
pub(crate) struct PageRequest {
    pub(crate) client_no: ClientNo,
    /// Events to release first.
    pub(crate) releases: Vec<Release>,
    /// The most SETs to return.
    pub(crate) limit: usize,
    pub(crate) rules: DeliveryRules,
}

/// How often an event is returned that its client does not acknowledge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeliveryRules {
    /// Events are given up after so many deliveries; without it none is counted.
    pub(crate) max_deliveries: Option<i32>,
    /// An event that its client reports as erroneous goes on waiting.
    pub(crate) redeliver_errored: bool,
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
    /// How many events were given up, because they had been delivered often enough.
    pub(crate) exhausted: usize,
}

/// How an event that waited came to its end.
#[derive(Clone, Debug)]
pub(crate) enum Ending {
    /// Its client let go of it.
    Released(ReleaseOutcome),
    /// Every receiver that it was pushed to has it.
    Pushed,
    /// It was too old, or the bank ended it.
    Expired(EndedBy),
    /// It was delivered as often as events are.
    Exhausted,
}

/// Who let an event expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndedBy {
    /// The bank.
    Bank,
    /// Time.
    Retention,
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
    /// pure read, unless deliveries are counted.
    pub(crate) async fn page(
        &self,
        request: PageRequest,
        now: Timestamp,
    ) -> Result<Page, DatabaseError> {
        let max_deliveries = request.rules.max_deliveries;
        if request.releases.is_empty() && max_deliveries.is_none() {
            return self.database.read(move |conn| page(conn, &request)).await;
        }
        self.database
            .write_batched(move |conn| {
                let released = release(conn, &request, now)?;
                let Some(most) = max_deliveries else {
                    return Ok(Page { released, ..page(conn, &request)? });
                };
                let exhausted = give_up(conn, request.client_no, most, now)?;
                let page = counted_page(conn, &request, most)?;
                Ok(Page { released, exhausted, ..page })
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
    insert_push_jobs(conn, event)
}

/// Ends what is open and this client's. Ids that are unknown, another client's or already released are
/// passed over: a repeated acknowledgement is no error, and a foreign one must have no effect.
fn release(
    conn: &mut AnyConnection,
    request: &PageRequest,
    now: Timestamp,
) -> Result<usize, DatabaseError> {
    let goes_on_waiting = |outcome: &ReleaseOutcome| match outcome {
        ReleaseOutcome::Acknowledged => false,
        ReleaseOutcome::Errored { .. } => request.rules.redeliver_errored,
    };
    let (reports, ended): (Vec<_>, Vec<_>) = request
        .releases
        .iter()
        .map(|release| (UuidBytes(release.id.as_uuid()), &release.outcome))
        .partition(|(_, outcome)| goes_on_waiting(outcome));
    let ended: Vec<(UuidBytes, Ending)> =
        ended.into_iter().map(|(id, outcome)| (id, Ending::Released(outcome.clone()))).collect();
    let mut released = close(conn, request.client_no, &ended, now)?.len();
    for (id, outcome) in reports {
        let ending = Ending::Released(outcome.clone());
        released += usize::from(note_report(conn, request.client_no, id, &ending, now)?);
    }
    Ok(released)
}

/// Ends those of `endings` that are open and this client's, and records how; which they were.
pub(super) fn close(
    conn: &mut AnyConnection,
    client_no: ClientNo,
    endings: &[(UuidBytes, Ending)],
    now: Timestamp,
) -> Result<Vec<UuidBytes>, DatabaseError> {
    let mut closed = Vec::new();
    for endings in endings.chunks(STATEMENT_ROWS) {
        let ids: Vec<UuidBytes> = endings.iter().map(|(id, _)| *id).collect();
        let open: Vec<UuidBytes> = diesel::delete(open_event::table)
            .filter(open_event::client_no.eq(client_no.0))
            .filter(open_event::jti.eq_any(ids))
            .returning(open_event::jti)
            .get_results(conn)?;
        let by_id: HashMap<UuidBytes, &Ending> =
            endings.iter().map(|(id, ending)| (*id, ending)).collect();
        let rows: Vec<OutcomeRow> = open
            .iter()
            .filter_map(|id| Some(OutcomeRow::new(client_no, *id, by_id.get(id)?, now)))
            .collect();
        record(conn, &rows)?;
        closed.extend(open);
    }
    Ok(closed)
}

/// Records a report of an event that goes on waiting, once for each delivery that it may answer; so
/// that a client cannot make rows for ever.
fn note_report(
    conn: &mut AnyConnection,
    client_no: ClientNo,
    id: UuidBytes,
    ending: &Ending,
    now: Timestamp,
) -> Result<bool, DatabaseError> {
    let unanswered = open_event::table
        .find((client_no.0, id))
        .filter(open_event::reports.le(open_event::deliveries));
    let answers = diesel::update(unanswered)
        .set(open_event::reports.eq(open_event::deliveries + 1))
        .execute(conn)?;
    if answers == 1 {
        record(conn, &[OutcomeRow::new(client_no, id, ending, now)])?;
    }
    Ok(answers == 1)
}

pub(super) fn record(conn: &mut AnyConnection, rows: &[OutcomeRow]) -> Result<(), DatabaseError> {
    if !rows.is_empty() {
        each!(conn => diesel::insert_into(event_outcome::table).values(rows).execute(conn))?;
    }
    Ok(())
}

/// Ends the oldest events of a client that were delivered `most` times; how many they were. Events are
/// delivered oldest first, so that no others are.
fn give_up(
    conn: &mut AnyConnection,
    client_no: ClientNo,
    most: i32,
    now: Timestamp,
) -> Result<usize, DatabaseError> {
    let mut given_up = 0;
    loop {
        let oldest: Vec<(UuidBytes, i32)> = open_event::table
            .filter(open_event::client_no.eq(client_no.0))
            .order(open_event::jti.asc())
            .limit(LOOKED_AT)
            .select((open_event::jti, open_event::deliveries))
            .load(conn)?;
        let exhausted: Vec<(UuidBytes, Ending)> = oldest
            .iter()
            .filter(|(_, deliveries)| *deliveries >= most)
            .map(|(id, _)| (*id, Ending::Exhausted))
            .collect();
        given_up += close(conn, client_no, &exhausted, now)?.len();
        if exhausted.is_empty() || exhausted.len() < oldest.len() {
            return Ok(given_up);
        }
    }
}

/// A page of events that were delivered less than `most` times, and now once more.
fn counted_page(
    conn: &mut AnyConnection,
    request: &PageRequest,
    most: i32,
) -> Result<Page, DatabaseError> {
    let deliverable = open_event::table
        .filter(open_event::client_no.eq(request.client_no.0))
        .filter(open_event::deliveries.lt(most));
    let mut ids: Vec<UuidBytes> = deliverable
        .order(open_event::jti.asc())
        .limit(rows(request.limit + 1))
        .select(open_event::jti)
        .load(conn)?;
    let more_available = ids.len() > request.limit;
    ids.truncate(request.limit);
    // Those that another poll of this client has exhausted meanwhile are not counted again.
    let counted: Vec<UuidBytes> = diesel::update(open_event::table)
        .filter(open_event::client_no.eq(request.client_no.0))
        .filter(open_event::jti.eq_any(ids))
        .filter(open_event::deliveries.lt(most))
        .set(open_event::deliveries.eq(open_event::deliveries + 1))
        .returning(open_event::jti)
        .get_results(conn)?;
    Ok(Page { sets: sets(conn, counted)?, more_available, ..Page::default() })
}

/// Two look-ups by key rather than a join, so that no planner can choose a scan of the log.
fn page(conn: &mut AnyConnection, request: &PageRequest) -> Result<Page, DatabaseError> {
    let mut ids = oldest_open(conn, request.client_no, request.limit + 1)?;
    let more_available = ids.len() > request.limit;
    ids.truncate(request.limit);
    Ok(Page { sets: sets(conn, ids)?, more_available, ..Page::default() })
}

fn oldest_open(
    conn: &mut AnyConnection,
    client_no: ClientNo,
    limit: usize,
) -> Result<Vec<UuidBytes>, DatabaseError> {
    Ok(open_event::table
        .filter(open_event::client_no.eq(client_no.0))
        .order(open_event::jti.asc())
        .limit(rows(limit))
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
pub(super) struct OutcomeRow {
    client_no: i32,
    jti: UuidBytes,
    outcome: i16,
    via: i16,
    err: Option<String>,
    description: Option<String>,
    at: UtcMicros,
}

impl OutcomeRow {
    fn new(client_no: ClientNo, jti: UuidBytes, ending: &Ending, now: Timestamp) -> Self {
        let (outcome, via) = match ending {
            Ending::Released(ReleaseOutcome::Acknowledged) => (ACKNOWLEDGED, BY_POLL),
            Ending::Released(ReleaseOutcome::Errored { .. }) => (ERRORED, BY_POLL),
            Ending::Expired(EndedBy::Bank) => (EXPIRED, BY_BANK),
            Ending::Expired(EndedBy::Retention) => (EXPIRED, BY_RETENTION),
            Ending::Pushed => (ACKNOWLEDGED, BY_PUSH),
            Ending::Exhausted => (EXHAUSTED, BY_RETENTION),
        };
        let reason = match ending {
            Ending::Released(ReleaseOutcome::Errored { err, description }) => {
                Some((err.clone(), description.clone()))
            }
            Ending::Released(ReleaseOutcome::Acknowledged)
            | Ending::Expired(_)
            | Ending::Pushed
            | Ending::Exhausted => None,
        };
        let (err, description) = reason.unzip();
        Self { client_no: client_no.0, jti, outcome, via, err, description, at: now.into() }
    }

    /// The bank let the event wait again.
    pub(super) fn reopened(client_no: ClientNo, jti: UuidBytes, now: Timestamp) -> Self {
        Self { outcome: REOPENED, ..Self::not_subscribed(client_no, jti, now) }
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

/// `LIMIT` of so many rows.
pub(super) fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// `event_log.profile` where nothing was signed.
const UNSIGNED: &str = "none";
/// `event_outcome.outcome`.
pub(super) const ACKNOWLEDGED: i16 = 1;
pub(super) const ERRORED: i16 = 2;
pub(super) const EXPIRED: i16 = 3;
pub(super) const EXHAUSTED: i16 = 4;
pub(super) const NOT_SUBSCRIBED: i16 = 5;
pub(super) const REOPENED: i16 = 6;
/// `event_outcome.via`.
pub(super) const BY_POLL: i16 = 1;
pub(super) const BY_PUSH: i16 = 2;
pub(super) const BY_BANK: i16 = 3;
pub(super) const BY_RETENTION: i16 = 4;
/// Ids per statement, well under SQLite's limit on variables.
const STATEMENT_ROWS: usize = 500;
/// Events that are looked at for those to be given up.
const LOOKED_AT: i64 = 200;
