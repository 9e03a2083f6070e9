//! Events as their bank sees them: what has become of each. Every query reads a bounded number of rows
//! by key; nothing is counted without a limit.

use super::events::{
    ACKNOWLEDGED, BY_BANK, BY_POLL, BY_PUSH, BY_RETENTION, ERRORED, EXHAUSTED, EXPIRED,
    NOT_SUBSCRIBED, REOPENED, rows,
};
use super::schema::{client, event_log, event_outcome, open_event};
use super::{ClientNo, Store};
use crate::event::EventId;
use database::{AnyConnection, DatabaseError, UtcMicros, UuidBytes};
use diesel::dsl::exists;
use diesel::prelude::*;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// Which events are listed, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct EventFilter {
    pub(crate) client_no: Option<ClientNo>,
    pub(crate) status: Option<EventStatus>,
    /// One of the event's types, in the bank's spelling.
    pub(crate) event_type: Option<String>,
    /// Created at this time or later.
    pub(crate) created_from: Option<Timestamp>,
    /// Created before this time.
    pub(crate) created_before: Option<Timestamp>,
    /// Made after this one.
    pub(crate) after: Option<EventId>,
}

/// What has become of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventStatus {
    /// It waits.
    Open,
    /// It ended so.
    Ended(OutcomeKind),
    /// It ended, and how is forgotten.
    Forgotten,
}

/// What happened to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutcomeKind {
    /// Its client has it.
    Acknowledged,
    /// Its client could not use it.
    Errored,
    /// It was too old, or the bank ended it.
    Expired,
    /// It was delivered as often as events are.
    Exhausted,
    /// No subscription of its client wanted it.
    NotSubscribed,
    /// The bank let it wait again.
    Reopened,
}

/// By which way it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutcomeWay {
    Poll,
    Push,
    Bank,
    Retention,
}

/// One thing that happened to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) kind: OutcomeKind,
    pub(crate) way: OutcomeWay,
    pub(crate) err: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) at: Timestamp,
}

/// An event in the log and what has happened to it.
#[derive(Clone, Debug)]
pub(crate) struct LoggedEvent {
    pub(crate) id: EventId,
    pub(crate) client_id: String,
    /// A JSON array.
    pub(crate) event_types: String,
    pub(crate) resource_id: String,
    pub(crate) profile: String,
    pub(crate) key_id: String,
    pub(crate) created_at: Timestamp,
    pub(crate) status: EventStatus,
    /// Oldest first.
    pub(crate) outcomes: Vec<Outcome>,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub(crate) struct EventList {
    pub(crate) events: Vec<LoggedEvent>,
    /// After which event the next part begins, where there may be one.
    pub(crate) next: Option<EventId>,
}

/// An event with its SET.
#[derive(Clone, Debug)]
pub(crate) struct InspectedEvent {
    pub(crate) event: LoggedEvent,
    pub(crate) set_jws: String,
    /// How often it was returned by polling, where that is counted and it waits.
    pub(crate) deliveries: Option<i32>,
}

/// What waits of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backlog {
    /// How many events, up to a limit.
    pub(crate) open: usize,
    /// Whether there are more than that.
    pub(crate) at_least: bool,
    pub(crate) oldest: Option<EventId>,
}

impl Store {
    /// At most `limit` events that `filter` names, among the first thousands that it could name.
    pub(crate) async fn list_events(
        &self,
        filter: EventFilter,
        limit: usize,
    ) -> Result<EventList, DatabaseError> {
        self.database.read(move |conn| list(conn, &filter, limit)).await
    }

    /// The event `id`, whoever's it is.
    pub(crate) async fn inspect_event(
        &self,
        id: EventId,
    ) -> Result<Option<InspectedEvent>, DatabaseError> {
        self.database
            .read(move |conn| {
                let id = UuidBytes(id.as_uuid());
                let Some(event) = logged(conn, &[id])?.pop() else { return Ok(None) };
                let set_jws =
                    event_log::table.find(id).select(event_log::set_jws).first::<String>(conn)?;
                let numbers = event_log::table.find(id).select(event_log::client_no);
                let deliveries = open_event::table
                    .filter(open_event::client_no.eq_any(numbers))
                    .filter(open_event::jti.eq(id))
                    .select(open_event::deliveries)
                    .first::<i32>(conn)
                    .optional()?;
                Ok(Some(InspectedEvent { event, set_jws, deliveries }))
            })
            .await
    }

    /// What waits of a client, counted up to `limit`.
    pub(crate) async fn backlog(
        &self,
        client_no: ClientNo,
        limit: usize,
    ) -> Result<Backlog, DatabaseError> {
        self.database
            .read(move |conn| {
                let open: Vec<UuidBytes> = open_event::table
                    .filter(open_event::client_no.eq(client_no.0))
                    .order(open_event::jti.asc())
                    .limit(rows(limit + 1))
                    .select(open_event::jti)
                    .load(conn)?;
                Ok(Backlog {
                    open: open.len().min(limit),
                    at_least: open.len() > limit,
                    oldest: open.first().map(|id| EventId::from(id.0)),
                })
            })
            .await
    }

    /// The number of a client that has ever been seen, whatever has become of it.
    pub(crate) async fn client_number(
        &self,
        client_id: String,
    ) -> Result<Option<ClientNo>, DatabaseError> {
        self.database
            .read(move |conn| {
                let number = client::table
                    .filter(client::client_id.eq(&client_id))
                    .select(client::client_no)
                    .first::<i32>(conn)
                    .optional()?;
                Ok(number.map(ClientNo))
            })
            .await
    }
}

/// Ids between which events are looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    after: UuidBytes,
    from: UuidBytes,
    before: UuidBytes,
}

impl Range {
    pub(super) fn new(
        from: Option<Timestamp>,
        before: Option<Timestamp>,
        after: Option<EventId>,
    ) -> Self {
        let first_at = |at: Timestamp| EventId::first_at(at).as_uuid();
        Self {
            after: UuidBytes(after.map_or_else(Uuid::nil, EventId::as_uuid)),
            from: UuidBytes(from.map_or_else(Uuid::nil, first_at)),
            before: UuidBytes(before.map_or_else(Uuid::max, first_at)),
        }
    }
}

fn list(
    conn: &mut AnyConnection,
    filter: &EventFilter,
    limit: usize,
) -> Result<EventList, DatabaseError> {
    let (mut events, mut after) = (Vec::new(), filter.after);
    for _ in 0..MOST_CHUNKS {
        let range = Range::new(filter.created_from, filter.created_before, after);
        let ids = candidates(conn, filter.client_no, range, CHUNK)?;
        let next = ids.last().filter(|_| ids.len() == CHUNK).map(|id| EventId::from(id.0));
        for event in logged(conn, &ids)?.into_iter().filter(|event| filter.matches(event)) {
            events.push(event);
            if events.len() == limit {
                let next = events.last().map(|event| event.id);
                return Ok(EventList { events, next });
            }
        }
        after = next;
        if next.is_none() {
            break;
        }
    }
    Ok(EventList { events, next: after.filter(|after| Some(*after) != filter.after) })
}

/// The oldest events in `range`. Those of one client are found by what waits and by what has ended:
/// an event is always one of them, and the log needs no index for it.
fn candidates(
    conn: &mut AnyConnection,
    client_no: Option<ClientNo>,
    range: Range,
    limit: usize,
) -> Result<Vec<UuidBytes>, DatabaseError> {
    let Some(client_no) = client_no else {
        return Ok(event_log::table
            .filter(event_log::jti.gt(range.after))
            .filter(event_log::jti.ge(range.from))
            .filter(event_log::jti.lt(range.before))
            .order(event_log::jti.asc())
            .limit(rows(limit))
            .select(event_log::jti)
            .load(conn)?);
    };
    let open: Vec<UuidBytes> = open_event::table
        .filter(open_event::client_no.eq(client_no.0))
        .filter(open_event::jti.gt(range.after))
        .filter(open_event::jti.ge(range.from))
        .filter(open_event::jti.lt(range.before))
        .order(open_event::jti.asc())
        .limit(rows(limit))
        .select(open_event::jti)
        .load(conn)?;
    let ended: BTreeSet<UuidBytes> =
        ended(conn, client_no, range, limit)?.into_iter().chain(open).collect();
    Ok(ended.into_iter().take(limit).collect())
}

/// The oldest events of a client in `range` to which something has happened.
pub(super) fn ended(
    conn: &mut AnyConnection,
    client_no: ClientNo,
    range: Range,
    limit: usize,
) -> Result<Vec<UuidBytes>, DatabaseError> {
    Ok(event_outcome::table
        .filter(event_outcome::client_no.eq(client_no.0))
        .filter(event_outcome::jti.gt(range.after))
        .filter(event_outcome::jti.ge(range.from))
        .filter(event_outcome::jti.lt(range.before))
        .order(event_outcome::jti.asc())
        .distinct()
        .limit(rows(limit))
        .select(event_outcome::jti)
        .load(conn)?)
}

impl EventFilter {
    fn matches(&self, event: &LoggedEvent) -> bool {
        self.status.is_none_or(|status| status == event.status)
            && self.event_type.as_ref().is_none_or(|wanted| {
                serde_json::from_str::<Vec<String>>(&event.event_types)
                    .is_ok_and(|types| types.contains(wanted))
            })
    }
}

type LogRow = (UuidBytes, String, String, String, String, String, UtcMicros);

/// Those of `ids` that are in the log, oldest first.
fn logged(conn: &mut AnyConnection, ids: &[UuidBytes]) -> Result<Vec<LoggedEvent>, DatabaseError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<LogRow> = event_log::table
        .inner_join(client::table)
        .filter(event_log::jti.eq_any(ids))
        .order(event_log::jti.asc())
        .select((
            event_log::jti,
            client::client_id,
            event_log::event_types,
            event_log::resource_id,
            event_log::profile,
            event_log::key_id,
            event_log::created_at,
        ))
        .load(conn)?;
    let open = still_open(conn, ids)?;
    let mut outcomes = outcomes(conn, ids)?;
    found
        .into_iter()
        .map(|(id, client_id, event_types, resource_id, profile, key_id, created_at)| {
            let outcomes = outcomes.remove(&id).unwrap_or_default();
            Ok(LoggedEvent {
                id: EventId::from(id.0),
                client_id,
                event_types,
                resource_id,
                profile,
                key_id,
                created_at: timestamp(created_at)?,
                status: status(open.contains(&id), &outcomes),
                outcomes,
            })
        })
        .collect()
}

fn status(is_open: bool, outcomes: &[Outcome]) -> EventStatus {
    match outcomes.last() {
        _ if is_open => EventStatus::Open,
        Some(last) => EventStatus::Ended(last.kind),
        None => EventStatus::Forgotten,
    }
}

fn still_open(
    conn: &mut AnyConnection,
    ids: &[UuidBytes],
) -> Result<HashSet<UuidBytes>, DatabaseError> {
    let waits = open_event::table
        .filter(open_event::client_no.eq(event_log::client_no))
        .filter(open_event::jti.eq(event_log::jti));
    let open: Vec<UuidBytes> = event_log::table
        .filter(event_log::jti.eq_any(ids))
        .filter(exists(waits))
        .select(event_log::jti)
        .load(conn)?;
    Ok(open.into_iter().collect())
}

type OutcomeLine = (UuidBytes, i16, i16, Option<String>, Option<String>, UtcMicros);

fn outcomes(
    conn: &mut AnyConnection,
    ids: &[UuidBytes],
) -> Result<HashMap<UuidBytes, Vec<Outcome>>, DatabaseError> {
    let of_event = event_outcome::client_no
        .eq(event_log::client_no)
        .and(event_outcome::jti.eq(event_log::jti));
    let lines: Vec<OutcomeLine> = event_log::table
        .inner_join(event_outcome::table.on(of_event))
        .filter(event_log::jti.eq_any(ids))
        .order(event_outcome::outcome_no.asc())
        .select((
            event_outcome::jti,
            event_outcome::outcome,
            event_outcome::via,
            event_outcome::err,
            event_outcome::description,
            event_outcome::at,
        ))
        .load(conn)?;
    let mut by_event: HashMap<UuidBytes, Vec<Outcome>> = HashMap::new();
    for (id, kind, way, err, description, at) in lines {
        let (kind, way) = (outcome_kind(kind)?, outcome_way(way)?);
        let outcome = Outcome { kind, way, err, description, at: timestamp(at)? };
        by_event.entry(id).or_default().push(outcome);
    }
    Ok(by_event)
}

fn outcome_kind(stored: i16) -> Result<OutcomeKind, DatabaseError> {
    match stored {
        ACKNOWLEDGED => Ok(OutcomeKind::Acknowledged),
        ERRORED => Ok(OutcomeKind::Errored),
        EXPIRED => Ok(OutcomeKind::Expired),
        EXHAUSTED => Ok(OutcomeKind::Exhausted),
        NOT_SUBSCRIBED => Ok(OutcomeKind::NotSubscribed),
        REOPENED => Ok(OutcomeKind::Reopened),
        unknown => Err(unreadable(format!("outcome {unknown}"))),
    }
}

fn outcome_way(stored: i16) -> Result<OutcomeWay, DatabaseError> {
    match stored {
        BY_POLL => Ok(OutcomeWay::Poll),
        BY_PUSH => Ok(OutcomeWay::Push),
        BY_BANK => Ok(OutcomeWay::Bank),
        BY_RETENTION => Ok(OutcomeWay::Retention),
        unknown => Err(unreadable(format!("way {unknown}"))),
    }
}

fn timestamp(stored: UtcMicros) -> Result<Timestamp, DatabaseError> {
    Timestamp::try_from(stored).map_err(|error| unreadable(error.to_string()))
}

fn unreadable(what: String) -> DatabaseError {
    DatabaseError::Query(diesel::result::Error::DeserializationError(what.into()))
}

/// Events that are looked at together.
const CHUNK: usize = 200;
/// How often that is done for one part of a list.
const MOST_CHUNKS: usize = 10;
