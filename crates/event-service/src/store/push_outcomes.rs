//! What became of deliveries, and every attempt.

use super::Store;
use super::events::{Ending, close};
use super::push_endpoints::{await_endpoint, save_health, timestamp};
use super::push_jobs::{JobKey, keep_open, make_due};
use super::schema::{open_event, push_attempt, push_endpoint, push_job};
use crate::event::EventId;
use crate::push::{Breaker, PushRules, Sign};
use crate::subscriptions::SubscriptionNo;
use database::{AnyConnection, DatabaseError, UtcMicros, UuidBytes};
use diesel::prelude::*;
use jiff::Timestamp;
use std::time::Duration;

/// The end of an attempt, to be recorded.
#[derive(Clone, Debug)]
pub(crate) struct PushOutcome {
    pub(crate) job: JobKey,
    pub(crate) result: PushResult,
    /// What it says of the endpoint.
    pub(crate) sign: Sign,
    pub(crate) attempt: AttemptRecord,
}

/// What becomes of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PushResult {
    /// Its receiver has the event.
    Accepted,
    /// It is not tried again; the event stays open for polling.
    GivenUp,
    /// It is tried again then.
    Retry(Timestamp),
}

/// An attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AttemptRecord {
    pub(crate) at: Timestamp,
    /// By name, as `AttemptClass` gives it.
    pub(crate) class: &'static str,
    pub(crate) status: Option<u16>,
    pub(crate) duration: Duration,
    /// What went wrong.
    pub(crate) detail: Option<String>,
    pub(crate) interaction_id: String,
}

/// What recording an outcome changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordedPush {
    pub(crate) job: JobKey,
    pub(crate) result: PushResult,
    /// Whether another process had claimed the delivery since, so that the outcome has no effect.
    pub(crate) is_late: bool,
    /// The breaker before and after.
    pub(crate) breaker: (Breaker, Breaker),
}

/// Which attempts to list.
#[cfg_attr(not(test), expect(dead_code, reason = "the bank's side lists them"))]
#[derive(Clone, Copy, Debug)]
pub(crate) enum AttemptsOf {
    Endpoint(SubscriptionNo),
    Event(EventId),
}

/// An attempt as the bank sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedAttempt {
    /// Where the next page begins.
    pub(crate) number: i64,
    pub(crate) subscription: SubscriptionNo,
    pub(crate) id: EventId,
    pub(crate) at: Timestamp,
    pub(crate) class: String,
    pub(crate) status: Option<u16>,
    pub(crate) duration: Duration,
    pub(crate) detail: Option<String>,
    pub(crate) interaction_id: String,
}

impl PushResult {
    /// How the delivery ended, if it did.
    pub(crate) fn ended(self) -> Option<&'static str> {
        match self {
            Self::Accepted => Some("accepted"),
            Self::GivenUp => Some("given_up"),
            Self::Retry(_) => None,
        }
    }
}

impl Store {
    /// Records outcomes together. One whose claim is not the last one changes nothing but the list of
    /// attempts.
    pub(crate) async fn record_pushes(
        &self,
        mut outcomes: Vec<PushOutcome>,
        rules: PushRules,
        now: Timestamp,
    ) -> Result<Vec<RecordedPush>, DatabaseError> {
        // In one order in all processes, so that none waits for another that waits for it.
        outcomes.sort_by_key(|outcome| (outcome.job.subscription.0, outcome.job.id));
        self.database
            .write_batched(move |conn| {
                outcomes.iter().map(|outcome| record(conn, outcome, rules, now)).collect()
            })
            .await
    }

    /// Attempts, the newest first, from the one before `before`.
    #[cfg_attr(not(test), expect(dead_code, reason = "the bank's side lists them"))]
    pub(crate) async fn push_attempts(
        &self,
        of: AttemptsOf,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<ListedAttempt>, DatabaseError> {
        let before = before.unwrap_or(i64::MAX);
        self.database
            .read(move |conn| {
                let page = push_attempt::table
                    .filter(push_attempt::attempt_no.lt(before))
                    .order(push_attempt::attempt_no.desc())
                    .limit(limit.into())
                    .select(AttemptRow::as_select());
                let rows: Vec<AttemptRow> = match of {
                    AttemptsOf::Endpoint(number) => {
                        page.filter(push_attempt::subscription_no.eq(number.0)).load(conn)?
                    }
                    AttemptsOf::Event(id) => {
                        page.filter(push_attempt::jti.eq(UuidBytes(id.as_uuid()))).load(conn)?
                    }
                };
                rows.into_iter().map(AttemptRow::listed).collect()
            })
            .await
    }

    /// Deletes the oldest attempts before `end`, a bounded number; whether there may be more.
    pub(crate) async fn prune_push_attempts(&self, end: Timestamp) -> Result<bool, DatabaseError> {
        self.database
            .write(move |conn| {
                let oldest: Vec<(i64, UtcMicros)> = push_attempt::table
                    .order(push_attempt::attempt_no.asc())
                    .limit(PRUNED)
                    .select((push_attempt::attempt_no, push_attempt::at))
                    .load(conn)?;
                let end = UtcMicros::from(end);
                let old: Vec<i64> =
                    oldest.iter().take_while(|row| row.1 < end).map(|row| row.0).collect();
                let deleted = diesel::delete(push_attempt::table)
                    .filter(push_attempt::attempt_no.eq_any(old))
                    .execute(conn)?;
                Ok(i64::try_from(deleted) == Ok(PRUNED))
            })
            .await
    }
}

fn record(
    conn: &mut AnyConnection,
    outcome: &PushOutcome,
    rules: PushRules,
    now: Timestamp,
) -> Result<RecordedPush, DatabaseError> {
    let JobKey { subscription, .. } = outcome.job;
    // Before the delivery, as claims do it: the other order could wait for ever.
    let before = await_endpoint(conn, subscription)?.unwrap_or_default();
    record_attempt(conn, outcome)?;
    if !settle(conn, outcome, now)? {
        let breaker = (before.breaker, before.breaker);
        return Ok(RecordedPush {
            job: outcome.job,
            result: outcome.result,
            is_late: true,
            breaker,
        });
    }
    let breaker = before.breaker;
    let after = before.after(outcome.sign, rules.breaker, now);
    save_health(conn, subscription, &after)?;
    record_last(conn, outcome)?;
    if breaker != Breaker::Closed && after.breaker == Breaker::Closed {
        make_due(conn, subscription, now)?;
    }
    Ok(RecordedPush {
        job: outcome.job,
        result: outcome.result,
        is_late: false,
        breaker: (breaker, after.breaker),
    })
}

/// Ends or postpones the delivery; whether this claim of it was the last one.
fn settle(
    conn: &mut AnyConnection,
    outcome: &PushOutcome,
    now: Timestamp,
) -> Result<bool, DatabaseError> {
    let jti = UuidBytes(outcome.job.id.as_uuid());
    let claimed = push_job::table
        .find((outcome.job.subscription.0, jti))
        .filter(push_job::fence.eq(outcome.job.fence));
    match outcome.result {
        PushResult::Accepted => {
            lock_event(conn, outcome.job)?;
            let acknowledges: Option<i16> = diesel::delete(claimed)
                .returning(push_job::acknowledges)
                .get_result(conn)
                .optional()?;
            if acknowledges == Some(1) && !is_underway(conn, jti)? {
                close(conn, outcome.job.client_no, &[(jti, Ending::Pushed)], now)?;
            }
            Ok(acknowledges.is_some())
        }
        PushResult::GivenUp => {
            let deleted = diesel::delete(claimed).execute(conn)?;
            if deleted > 0 {
                keep_open(conn, jti)?;
            }
            Ok(deleted > 0)
        }
        PushResult::Retry(at) => {
            let updated = diesel::update(claimed)
                .set((
                    push_job::next_at.eq(UtcMicros::from(at)),
                    push_job::lease_until.eq(None::<UtcMicros>),
                    push_job::attempts.eq(push_job::attempts + 1),
                ))
                .execute(conn)?;
            Ok(updated > 0)
        }
    }
}

/// Two receivers that accept one event at a time: the second sees what the first has done.
fn lock_event(conn: &mut AnyConnection, job: JobKey) -> Result<(), DatabaseError> {
    if let AnyConnection::Postgres(conn) = conn {
        open_event::table
            .find((job.client_no.0, UuidBytes(job.id.as_uuid())))
            .select(open_event::client_no)
            .for_update()
            .first::<i32>(conn)
            .optional()?;
    }
    Ok(())
}

/// Whether another receiver has not accepted the event yet.
fn is_underway(conn: &mut AnyConnection, jti: UuidBytes) -> Result<bool, DatabaseError> {
    let other: Option<i32> = push_job::table
        .filter(push_job::jti.eq(jti))
        .select(push_job::subscription_no)
        .first(conn)
        .optional()?;
    Ok(other.is_some())
}

fn record_attempt(conn: &mut AnyConnection, outcome: &PushOutcome) -> Result<(), DatabaseError> {
    let attempt = &outcome.attempt;
    diesel::insert_into(push_attempt::table)
        .values((
            push_attempt::subscription_no.eq(outcome.job.subscription.0),
            push_attempt::jti.eq(UuidBytes(outcome.job.id.as_uuid())),
            push_attempt::at.eq(UtcMicros::from(attempt.at)),
            push_attempt::class.eq(attempt.class),
            push_attempt::status.eq(attempt.status.and_then(|status| i16::try_from(status).ok())),
            push_attempt::duration_micros
                .eq(i64::try_from(attempt.duration.as_micros()).unwrap_or(i64::MAX)),
            push_attempt::detail.eq(&attempt.detail),
            push_attempt::interaction_id.eq(&attempt.interaction_id),
        ))
        .execute(conn)?;
    Ok(())
}

fn record_last(conn: &mut AnyConnection, outcome: &PushOutcome) -> Result<(), DatabaseError> {
    let endpoint = push_endpoint::table.find(outcome.job.subscription.0);
    let at = Some(UtcMicros::from(outcome.attempt.at));
    match outcome.result {
        PushResult::Accepted => {
            diesel::update(endpoint).set(push_endpoint::last_success_at.eq(at)).execute(conn)?
        }
        PushResult::GivenUp | PushResult::Retry(_) => diesel::update(endpoint)
            .set((
                push_endpoint::last_failure_at.eq(at),
                push_endpoint::last_failure.eq(Some(outcome.attempt.class)),
            ))
            .execute(conn)?,
    };
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = push_attempt)]
struct AttemptRow {
    attempt_no: i64,
    subscription_no: i32,
    jti: UuidBytes,
    at: UtcMicros,
    class: String,
    status: Option<i16>,
    duration_micros: i64,
    detail: Option<String>,
    interaction_id: String,
}

impl AttemptRow {
    fn listed(self) -> Result<ListedAttempt, DatabaseError> {
        Ok(ListedAttempt {
            number: self.attempt_no,
            subscription: SubscriptionNo(self.subscription_no),
            id: EventId::from(self.jti.0),
            at: timestamp(self.at)?,
            class: self.class,
            status: self.status.and_then(|status| u16::try_from(status).ok()),
            duration: Duration::from_micros(self.duration_micros.unsigned_abs()),
            detail: self.detail,
            interaction_id: self.interaction_id,
        })
    }
}

/// Attempts deleted in one unit of work.
const PRUNED: i64 = 500;
