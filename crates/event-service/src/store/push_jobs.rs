//! Deliveries to callback URLs: claimed for a while by one process, endpoint by endpoint.

use super::push_endpoints::{Target, lock_endpoint, save_health, target, timestamp};
use super::schema::{event_log, open_event, push_job};
use super::{ClientNo, EventRecord, Store};
use crate::event::EventId;
use crate::push::{Allowance, Breaker, PushRules};
use crate::subscriptions::SubscriptionNo;
use database::{AnyConnection, DatabaseError, UtcMicros, UuidBytes};
use diesel::prelude::*;
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};

/// A delivery to be made with an event.
#[derive(Clone, Debug)]
pub(crate) struct NewPushJob {
    pub(crate) subscription: SubscriptionNo,
    /// A SET with fewer types than the event's own; `None` sends that one.
    pub(crate) set_jws: Option<String>,
}

/// What is pushed of an event.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewPushes {
    pub(crate) jobs: Vec<NewPushJob>,
    /// Whether the event is acknowledged when every receiver has accepted it.
    pub(crate) acknowledge: bool,
}

/// Which claim of which delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JobKey {
    pub(crate) subscription: SubscriptionNo,
    pub(crate) id: EventId,
    pub(crate) client_no: ClientNo,
    /// The number of the claim; another process may have claimed it since.
    pub(crate) fence: i64,
}

/// A delivery that is this process's until its lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClaimedJob {
    pub(crate) key: JobKey,
    pub(crate) client_id: String,
    pub(crate) url: String,
    /// The signed SET and its profile.
    pub(crate) set: String,
    pub(crate) profile: String,
    pub(crate) created_at: Timestamp,
    /// Attempts so far.
    pub(crate) attempts: u32,
}

/// What to claim of one endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EndpointClaim {
    pub(crate) subscription: SubscriptionNo,
    /// No more than so many, whatever the endpoint takes.
    pub(crate) most: usize,
}

/// What was claimed of one endpoint, and when to look again.
#[derive(Debug, Default)]
pub(crate) struct Claimed {
    pub(crate) jobs: Vec<ClaimedJob>,
    /// Deliveries that were too old to be made.
    pub(crate) expired: Vec<(String, EventId)>,
    /// From when there may be more; `None` when nothing is known to wait.
    pub(crate) look_again: Option<Timestamp>,
}

impl Store {
    /// Claims due deliveries of these endpoints in one short transaction.
    pub(crate) async fn claim_pushes(
        &self,
        claims: Vec<EndpointClaim>,
        rules: PushRules,
        now: Timestamp,
    ) -> Result<Vec<(SubscriptionNo, Claimed)>, DatabaseError> {
        self.database
            .write(move |conn| {
                let claimed = claims.iter().map(|claim| {
                    Ok((claim.subscription, claim_endpoint(conn, *claim, rules, now)?))
                });
                claimed.collect()
            })
            .await
    }
}

/// Adds the deliveries of an event, in its own unit of work. They are due at once.
pub(super) fn insert_push_jobs(
    conn: &mut AnyConnection,
    event: &EventRecord,
) -> Result<(), DatabaseError> {
    let created_at = UtcMicros::from(event.created_at);
    for push in &event.pushes.jobs {
        diesel::insert_into(push_job::table)
            .values((
                push_job::subscription_no.eq(push.subscription.0),
                push_job::jti.eq(UuidBytes(event.id.as_uuid())),
                push_job::client_no.eq(event.client_no.0),
                push_job::set_jws.eq(&push.set_jws),
                push_job::acknowledges.eq(i16::from(event.pushes.acknowledge)),
                push_job::created_at.eq(created_at),
                push_job::next_at.eq(created_at),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Forgets what was to be delivered for a subscription that is gone or has no callback URL.
pub(super) fn delete_push_jobs(
    conn: &mut AnyConnection,
    subscription: SubscriptionNo,
) -> Result<(), DatabaseError> {
    diesel::delete(push_job::table.filter(push_job::subscription_no.eq(subscription.0)))
        .execute(conn)?;
    Ok(())
}

/// Makes what waits for its next attempt due: the receiver is back, or is another one.
pub(super) fn make_due(
    conn: &mut AnyConnection,
    subscription: SubscriptionNo,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let now = UtcMicros::from(now);
    diesel::update(push_job::table)
        .filter(push_job::subscription_no.eq(subscription.0))
        .filter(push_job::next_at.gt(now))
        .filter(push_job::lease_until.is_null())
        .set(push_job::next_at.eq(now))
        .execute(conn)?;
    Ok(())
}

/// The endpoint's row is locked for the rest of the unit of work, so that claims of one endpoint follow
/// one another in all processes; who finds it locked looks again a little later.
fn claim_endpoint(
    conn: &mut AnyConnection,
    claim: EndpointClaim,
    rules: PushRules,
    now: Timestamp,
) -> Result<Claimed, DatabaseError> {
    let Some(target) = target(conn, claim.subscription)? else {
        delete_push_jobs(conn, claim.subscription)?;
        return Ok(Claimed::default());
    };
    let Some(health) = lock_endpoint(conn, claim.subscription, &target.url, now)? else {
        let look_again = now.checked_add(LOCKED_ELSEWHERE).ok();
        return Ok(Claimed { look_again, ..Claimed::default() });
    };
    let allowed = match health.allowance(rules.breaker, rules.endpoint_concurrency, now) {
        Allowance::NothingUntil(at) => {
            return Ok(Claimed { look_again: Some(at), ..Claimed::default() });
        }
        Allowance::Probe => 1,
        Allowance::Deliveries(most) => most.saturating_sub(leased(conn, claim.subscription, now)?),
    };
    // Deliveries to a client that is disabled or gone wait for it until they are too old.
    let allowed = if target.is_active { allowed } else { 0 };
    let limit = allowed.min(claim.most);
    let mut due = due(conn, claim.subscription, rules, now)?;
    let is_more_due = due.waiting.len() > limit || due.is_page;
    due.waiting.truncate(limit);
    if !due.waiting.is_empty() && health.breaker != Breaker::Closed {
        save_health(conn, claim.subscription, &health.probing(lease_end(rules, now)))?;
    }
    let look_again = match due.waiting.len() {
        // When one of them is done, there is room for the next.
        taken if taken == allowed => None,
        _ if is_more_due => Some(now),
        _ => next_due(conn, claim.subscription, now)?,
    };
    let expired = due.expired.into_iter().map(|id| (target.client_id.clone(), id)).collect();
    let jobs = lease(conn, &target, claim.subscription, due.waiting, lease_end(rules, now))?;
    Ok(Claimed { jobs, expired, look_again })
}

/// The oldest due deliveries of an endpoint.
struct Due {
    waiting: Vec<JobRow>,
    /// Those that were too old to be made, deleted.
    expired: Vec<EventId>,
    /// Whether there may be more than were looked at.
    is_page: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = push_job)]
struct JobRow {
    jti: UuidBytes,
    client_no: i32,
    set_jws: Option<String>,
    created_at: UtcMicros,
    attempts: i16,
    fence: i64,
}

/// Deliveries whose event waits no longer are deleted on the way, so that whoever ends an event need not
/// look for them.
fn due(
    conn: &mut AnyConnection,
    subscription: SubscriptionNo,
    rules: PushRules,
    now: Timestamp,
) -> Result<Due, DatabaseError> {
    let mut due = Due { waiting: Vec::new(), expired: Vec::new(), is_page: true };
    while due.is_page && due.waiting.is_empty() {
        let rows: Vec<JobRow> = push_job::table
            .filter(push_job::subscription_no.eq(subscription.0))
            .filter(push_job::next_at.le(UtcMicros::from(now)))
            .order(push_job::next_at.asc())
            .limit(PAGE)
            .select(JobRow::as_select())
            .load(conn)?;
        due.is_page = i64::try_from(rows.len()) == Ok(PAGE);
        let open = open_among(conn, &rows)?;
        for row in rows {
            let is_open = open.contains(&row.jti);
            if is_open && !rules.backoff.is_over(timestamp(row.created_at)?, now) {
                due.waiting.push(row);
                continue;
            }
            delete_job(conn, subscription, row.jti)?;
            if is_open {
                keep_open(conn, row.jti)?;
                due.expired.push(EventId::from(row.jti.0));
            }
        }
    }
    Ok(due)
}

/// Those whose event waits still.
fn open_among(
    conn: &mut AnyConnection,
    rows: &[JobRow],
) -> Result<HashSet<UuidBytes>, DatabaseError> {
    let Some(first) = rows.first() else { return Ok(HashSet::new()) };
    let open: Vec<UuidBytes> = open_event::table
        .filter(open_event::client_no.eq(first.client_no))
        .filter(open_event::jti.eq_any(rows.iter().map(|row| row.jti).collect::<Vec<_>>()))
        .select(open_event::jti)
        .load(conn)?;
    Ok(open.into_iter().collect())
}

/// How many deliveries to the endpoint are under way in all processes.
fn leased(
    conn: &mut AnyConnection,
    subscription: SubscriptionNo,
    now: Timestamp,
) -> Result<usize, DatabaseError> {
    let leased: i64 = push_job::table
        .filter(push_job::subscription_no.eq(subscription.0))
        .filter(push_job::lease_until.is_not_null())
        .filter(push_job::lease_until.gt(UtcMicros::from(now)))
        .count()
        .get_result(conn)?;
    Ok(usize::try_from(leased).unwrap_or(usize::MAX))
}

fn next_due(
    conn: &mut AnyConnection,
    subscription: SubscriptionNo,
    now: Timestamp,
) -> Result<Option<Timestamp>, DatabaseError> {
    let next: Option<UtcMicros> = push_job::table
        .filter(push_job::subscription_no.eq(subscription.0))
        .filter(push_job::next_at.gt(UtcMicros::from(now)))
        .order(push_job::next_at.asc())
        .select(push_job::next_at)
        .first(conn)
        .optional()?;
    next.map(timestamp).transpose()
}

fn lease(
    conn: &mut AnyConnection,
    target: &Target,
    subscription: SubscriptionNo,
    rows: Vec<JobRow>,
    until: Timestamp,
) -> Result<Vec<ClaimedJob>, DatabaseError> {
    let mut logged = logged_sets(conn, &rows)?;
    let mut jobs = Vec::new();
    for row in rows {
        let fence = row.fence + 1;
        let until = UtcMicros::from(until);
        diesel::update(push_job::table.find((subscription.0, row.jti)))
            .set((
                push_job::next_at.eq(until),
                push_job::lease_until.eq(Some(until)),
                push_job::fence.eq(fence),
            ))
            .execute(conn)?;
        // Without its event in the log there is nothing that could be sent.
        let Some((profile, set)) = logged.remove(&row.jti) else { continue };
        jobs.push(ClaimedJob {
            key: JobKey {
                subscription,
                id: EventId::from(row.jti.0),
                client_no: ClientNo(row.client_no),
                fence,
            },
            client_id: target.client_id.clone(),
            url: target.url.clone(),
            set: row.set_jws.unwrap_or(set),
            profile,
            created_at: timestamp(row.created_at)?,
            attempts: u32::try_from(row.attempts).unwrap_or_default(),
        });
    }
    Ok(jobs)
}

/// Profile and SET of each event.
fn logged_sets(
    conn: &mut AnyConnection,
    rows: &[JobRow],
) -> Result<HashMap<UuidBytes, (String, String)>, DatabaseError> {
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let logged: Vec<(UuidBytes, String, String)> = event_log::table
        .filter(event_log::jti.eq_any(rows.iter().map(|row| row.jti).collect::<Vec<_>>()))
        .select((event_log::jti, event_log::profile, event_log::set_jws))
        .load(conn)?;
    Ok(logged.into_iter().map(|(jti, profile, set)| (jti, (profile, set))).collect())
}

fn delete_job(
    conn: &mut AnyConnection,
    subscription: SubscriptionNo,
    jti: UuidBytes,
) -> Result<(), DatabaseError> {
    diesel::delete(push_job::table.find((subscription.0, jti))).execute(conn)?;
    Ok(())
}

/// One receiver will not get the event: whatever the others do, it waits to be polled.
pub(super) fn keep_open(conn: &mut AnyConnection, jti: UuidBytes) -> Result<(), DatabaseError> {
    diesel::update(push_job::table.filter(push_job::jti.eq(jti)))
        .set(push_job::acknowledges.eq(0))
        .execute(conn)?;
    Ok(())
}

fn lease_end(rules: PushRules, now: Timestamp) -> Timestamp {
    now.checked_add(rules.lease).unwrap_or(now)
}

/// Rows looked at together.
const PAGE: i64 = 64;
/// When to look again at an endpoint of which another process is just claiming.
const LOCKED_ELSEWHERE: SignedDuration = SignedDuration::from_millis(50);

#[cfg(test)]
impl Store {
    /// How many deliveries there are.
    pub(crate) async fn push_job_count(&self) -> i64 {
        let count = self
            .database
            .read(|conn| Ok::<_, DatabaseError>(push_job::table.count().get_result(conn)?));
        count.await.unwrap()
    }

    /// Outcome and channel of every event that has ended.
    pub(crate) async fn outcome_codes(&self) -> Vec<(i16, i16)> {
        use super::schema::event_outcome::dsl::{event_outcome, outcome, via};
        let read = self
            .database
            .read(|conn| Ok::<_, DatabaseError>(event_outcome.select((outcome, via)).load(conn)?));
        read.await.unwrap()
    }
}
