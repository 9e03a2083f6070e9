//! Endpoints: where a subscription's deliveries go, how the receiver there does, which of them have work.

use super::Store;
use super::schema::{client, known_client, push_endpoint, push_job, subscription};
use super::subscriptions::CREATED;
use crate::clients::ACTIVE;
use crate::push::{Breaker, EndpointHealth};
use crate::subscriptions::SubscriptionNo;
use database::{AnyConnection, DatabaseError, TimeOutOfRange, UtcMicros, each};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::result::Error;
use jiff::Timestamp;

/// Whose deliveries an endpoint gets, and where it is.
pub(super) struct Target {
    pub(super) url: String,
    pub(super) client_id: String,
    /// Whether the key manager says that the client is usable.
    pub(super) is_active: bool,
}

/// An endpoint as the bank sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PushEndpoint {
    pub(crate) subscription: SubscriptionNo,
    pub(crate) client_id: String,
    pub(crate) url: String,
    pub(crate) health: EndpointHealth,
    pub(crate) last_success_at: Option<Timestamp>,
    pub(crate) last_failure_at: Option<Timestamp>,
    /// The class of the last failure.
    pub(crate) last_failure: Option<String>,
}

impl Store {
    /// The active subscriptions with a delivery that may be claimed now: one look into an index for each.
    pub(crate) async fn endpoints_with_due_pushes(
        &self,
        now: Timestamp,
    ) -> Result<Vec<SubscriptionNo>, DatabaseError> {
        let now = UtcMicros::from(now);
        self.database
            .read(move |conn| {
                let due = push_job::table
                    .filter(push_job::subscription_no.eq(subscription::subscription_no))
                    .filter(push_job::next_at.le(now));
                let resting = push_endpoint::table
                    .filter(push_endpoint::subscription_no.eq(subscription::subscription_no))
                    .filter(push_endpoint::breaker.ne(Breaker::Closed.code()))
                    .filter(push_endpoint::probe_at.gt(now));
                let found: Vec<i32> = subscription::table
                    .filter(subscription::status.eq(CREATED))
                    .filter(subscription::callback_url.is_not_null())
                    .filter(exists(due))
                    .filter(diesel::dsl::not(exists(resting)))
                    .select(subscription::subscription_no)
                    .load(conn)?;
                Ok(found.into_iter().map(SubscriptionNo).collect())
            })
            .await
    }

    /// Endpoints that have had an attempt, by the number of their subscription, from the one after `after`.
    #[cfg_attr(not(test), expect(dead_code, reason = "the bank's side lists them"))]
    pub(crate) async fn push_endpoints(
        &self,
        after: Option<SubscriptionNo>,
        limit: u32,
    ) -> Result<Vec<PushEndpoint>, DatabaseError> {
        self.database
            .read(move |conn| {
                let rows: Vec<(EndpointRow, String)> = push_endpoint::table
                    .inner_join(subscription::table.inner_join(client::table))
                    .filter(push_endpoint::subscription_no.gt(after.map_or(i32::MIN, |no| no.0)))
                    .order(push_endpoint::subscription_no.asc())
                    .limit(limit.into())
                    .select((EndpointRow::as_select(), client::client_id))
                    .load(conn)?;
                rows.into_iter().map(|(row, client_id)| row.endpoint(client_id)).collect()
            })
            .await
    }
}

/// Where the deliveries of an active subscription go; `None` where they go nowhere any more.
pub(super) fn target(
    conn: &mut AnyConnection,
    number: SubscriptionNo,
) -> Result<Option<Target>, DatabaseError> {
    let found: Option<(Option<String>, String, Option<String>)> = subscription::table
        .inner_join(client::table.left_join(known_client::table))
        .filter(subscription::subscription_no.eq(number.0))
        .filter(subscription::status.eq(CREATED))
        .select((subscription::callback_url, client::client_id, known_client::status.nullable()))
        .first(conn)
        .optional()?;
    Ok(found.and_then(|(url, client_id, status)| {
        Some(Target { url: url?, client_id, is_active: status.as_deref() == Some(ACTIVE) })
    }))
}

/// Locks the endpoint's row and reads how it does; `None` while another process holds it. A receiver at
/// another address than before starts afresh, and what waits for the old one is due.
pub(super) fn lock_endpoint(
    conn: &mut AnyConnection,
    number: SubscriptionNo,
    url: &str,
    now: Timestamp,
) -> Result<Option<EndpointHealth>, DatabaseError> {
    let mut row = locked(conn, number, true)?;
    if row.is_none() {
        each!(conn => diesel::insert_into(push_endpoint::table)
            .values((push_endpoint::subscription_no.eq(number.0), push_endpoint::url.eq(url)))
            .on_conflict_do_nothing()
            .execute(conn))?;
        row = locked(conn, number, true)?;
    }
    let Some(row) = row else { return Ok(None) };
    if row.url == url {
        return row.health().map(Some);
    }
    diesel::update(push_endpoint::table.find(number.0))
        .set(push_endpoint::url.eq(url))
        .execute(conn)?;
    let health = EndpointHealth::default();
    save_health(conn, number, &health)?;
    super::push_jobs::make_due(conn, number, now)?;
    Ok(Some(health))
}

/// Waits for the endpoint's row and reads how it does.
pub(super) fn await_endpoint(
    conn: &mut AnyConnection,
    number: SubscriptionNo,
) -> Result<Option<EndpointHealth>, DatabaseError> {
    locked(conn, number, false)?.map(EndpointRow::health).transpose()
}

pub(super) fn save_health(
    conn: &mut AnyConnection,
    number: SubscriptionNo,
    health: &EndpointHealth,
) -> Result<(), DatabaseError> {
    diesel::update(push_endpoint::table.find(number.0))
        .set((
            push_endpoint::breaker.eq(health.breaker.code()),
            push_endpoint::opened_at.eq(health.opened_at.map(UtcMicros::from)),
            push_endpoint::probe_at.eq(health.probe_at.map(UtcMicros::from)),
            push_endpoint::consecutive_failures.eq(health.consecutive_failures),
            push_endpoint::disabled_reason.eq(&health.disabled_reason),
        ))
        .execute(conn)?;
    Ok(())
}

/// A stored time.
pub(super) fn timestamp(at: UtcMicros) -> Result<Timestamp, DatabaseError> {
    at.try_into().map_err(|error: TimeOutOfRange| Error::DeserializationError(error.into()).into())
}

fn locked(
    conn: &mut AnyConnection,
    number: SubscriptionNo,
    skips_locked: bool,
) -> Result<Option<EndpointRow>, DatabaseError> {
    let row = push_endpoint::table.find(number.0);
    let found = match conn {
        AnyConnection::Postgres(conn) => {
            let row = row.select(EndpointRow::as_select()).for_update();
            if skips_locked {
                row.skip_locked().first(conn).optional()
            } else {
                row.first(conn).optional()
            }
        }
        // Its writer is alone.
        AnyConnection::Sqlite(conn) => row.select(EndpointRow::as_select()).first(conn).optional(),
    };
    Ok(found?)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = push_endpoint)]
struct EndpointRow {
    subscription_no: i32,
    url: String,
    breaker: i16,
    opened_at: Option<UtcMicros>,
    probe_at: Option<UtcMicros>,
    consecutive_failures: i32,
    last_success_at: Option<UtcMicros>,
    last_failure_at: Option<UtcMicros>,
    last_failure: Option<String>,
    disabled_reason: Option<String>,
}

impl EndpointRow {
    fn health(self) -> Result<EndpointHealth, DatabaseError> {
        Ok(EndpointHealth {
            breaker: Breaker::of_code(self.breaker),
            consecutive_failures: self.consecutive_failures,
            opened_at: self.opened_at.map(timestamp).transpose()?,
            probe_at: self.probe_at.map(timestamp).transpose()?,
            disabled_reason: self.disabled_reason,
        })
    }

    fn endpoint(self, client_id: String) -> Result<PushEndpoint, DatabaseError> {
        Ok(PushEndpoint {
            subscription: SubscriptionNo(self.subscription_no),
            client_id,
            url: self.url.clone(),
            last_success_at: self.last_success_at.map(timestamp).transpose()?,
            last_failure_at: self.last_failure_at.map(timestamp).transpose()?,
            last_failure: self.last_failure.clone(),
            health: self.health()?,
        })
    }
}
