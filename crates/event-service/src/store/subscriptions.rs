//! Subscriptions: added within a limit, read by client, changed by their owner alone.

use super::push_jobs::delete_push_jobs;
use super::schema::{client, subscription};
use super::{ClientNo, Store};
use crate::subscriptions::{
    CallbackUrl, Origin, Subscription, SubscriptionContent, SubscriptionNo,
};
use database::{AnyConnection, DatabaseError, UtcMicros, ensure_affected};
use diesel::prelude::*;
use diesel::result::Error;
use jiff::Timestamp;
use std::convert::Infallible;
use uuid::Uuid;

/// A subscription to be added.
#[derive(Clone, Debug)]
pub(crate) struct NewSubscription {
    pub(crate) id: Uuid,
    pub(crate) client_no: ClientNo,
    pub(crate) origin: Origin,
    pub(crate) api_version: &'static str,
    pub(crate) content: SubscriptionContent,
}

/// How many active subscriptions of these origins a client may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SubscriptionLimit {
    pub(crate) origins: &'static [Origin],
    pub(crate) most: usize,
}

/// A subscription as its owner names it at a door.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnedSubscription {
    pub(crate) client_no: ClientNo,
    pub(crate) id: Uuid,
    /// The origins that the door shows.
    pub(crate) origins: &'static [Origin],
}

/// What becomes of a subscription.
#[derive(Debug)]
pub(crate) enum SubscriptionChange {
    Delete,
    Replace(SubscriptionContent),
}

/// Why a subscription was not added.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AddError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("the client has as many as it may have")]
    LimitReached,
}

/// Why a subscription was not changed; `R` is the door's own reason.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError<R> {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("it is another client's")]
    Foreign,
    #[error("{0}")]
    Refused(R),
    #[error("there is none with this id")]
    Unknown,
}

impl Store {
    /// The active subscriptions and callback URLs of a client, oldest first.
    pub(crate) async fn subscriptions(
        &self,
        client_no: ClientNo,
    ) -> Result<Vec<Subscription>, DatabaseError> {
        self.database.read(move |conn| active(conn, client_no)).await
    }

    /// An active subscription of its owner's.
    pub(crate) async fn subscription(
        &self,
        owned: OwnedSubscription,
    ) -> Result<Subscription, ChangeError<Infallible>> {
        self.database.read(move |conn| find(conn, owned)).await
    }

    /// Adds `new` unless its client has reached `limit`, also when two do so at once.
    pub(crate) async fn add_subscription(
        &self,
        new: NewSubscription,
        limit: SubscriptionLimit,
        now: Timestamp,
    ) -> Result<Subscription, AddError> {
        self.database
            .write(move |conn| {
                lock_client(conn, new.client_no)?;
                let active = active(conn, new.client_no)?;
                let counted =
                    active.iter().filter(|one| limit.origins.contains(&one.origin)).count();
                if counted >= limit.most {
                    return Err(AddError::LimitReached);
                }
                let number = insert(conn, &new, now)?;
                Ok(Subscription {
                    number: SubscriptionNo(number),
                    id: new.id,
                    origin: new.origin,
                    api_version: new.api_version.to_owned(),
                    content: new.content.clone(),
                })
            })
            .await
    }

    /// Applies what `change` makes of the subscription, and returns what it is then, or was.
    pub(crate) async fn change_subscription<R: Send + 'static>(
        &self,
        owned: OwnedSubscription,
        now: Timestamp,
        mut change: impl FnMut(&Subscription) -> Result<SubscriptionChange, R> + Send + 'static,
    ) -> Result<Subscription, ChangeError<R>> {
        self.database
            .write(move |conn| {
                lock_client(conn, owned.client_no)?;
                let found = find(conn, owned)?;
                let change = change(&found).map_err(ChangeError::Refused)?;
                Ok(apply(conn, owned, found, change, now)?)
            })
            .await
    }
}

/// Serializes the changes of one client's subscriptions; SQLite's writer does so anyway.
fn lock_client(conn: &mut AnyConnection, client_no: ClientNo) -> Result<(), DatabaseError> {
    if let AnyConnection::Postgres(conn) = conn {
        client::table
            .filter(client::client_no.eq(client_no.0))
            .select(client::client_no)
            .for_update()
            .first::<i32>(conn)?;
    }
    Ok(())
}

fn active(
    conn: &mut AnyConnection,
    client_no: ClientNo,
) -> Result<Vec<Subscription>, DatabaseError> {
    let rows: Vec<Row> = subscription::table
        .filter(subscription::client_no.eq(client_no.0))
        .filter(subscription::status.eq(CREATED))
        .order(subscription::subscription_no.asc())
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().filter_map(Row::subscription).collect()
}

/// Another client's is looked at only to say that it is not this one's.
fn find<R>(
    conn: &mut AnyConnection,
    owned: OwnedSubscription,
) -> Result<Subscription, ChangeError<R>> {
    let row: Option<Row> = subscription::table
        .filter(subscription::subscription_id.eq(owned.id.to_string()))
        .filter(subscription::status.eq(CREATED))
        .filter(subscription::origin.eq_any(codes(owned.origins)))
        .select(Row::as_select())
        .first(conn)
        .optional()
        .map_err(DatabaseError::from)?;
    let row = row.ok_or(ChangeError::Unknown)?;
    if row.client_no != owned.client_no.0 {
        return Err(ChangeError::Foreign);
    }
    Ok(row.subscription().ok_or(ChangeError::Unknown)??)
}

fn insert(
    conn: &mut AnyConnection,
    new: &NewSubscription,
    now: Timestamp,
) -> Result<i32, DatabaseError> {
    let now = UtcMicros::from(now);
    Ok(diesel::insert_into(subscription::table)
        .values((
            subscription::subscription_id.eq(new.id.to_string()),
            subscription::client_no.eq(new.client_no.0),
            subscription::origin.eq(new.origin.code()),
            subscription::api_version.eq(new.api_version),
            subscription::callback_url.eq(url(&new.content)),
            subscription::version.eq(&new.content.version),
            subscription::event_types.eq(json(new.content.event_types.as_deref())?),
            subscription::request.eq(&new.content.request),
            subscription::status.eq(CREATED),
            subscription::created_at.eq(now),
            subscription::updated_at.eq(now),
        ))
        .returning(subscription::subscription_no)
        .get_result(conn)?)
}

fn apply(
    conn: &mut AnyConnection,
    owned: OwnedSubscription,
    found: Subscription,
    change: SubscriptionChange,
    now: Timestamp,
) -> Result<Subscription, DatabaseError> {
    let row = subscription::table
        .filter(subscription::subscription_no.eq(found.number.0))
        .filter(subscription::client_no.eq(owned.client_no.0))
        .filter(subscription::status.eq(CREATED));
    let updated_at = subscription::updated_at.eq(UtcMicros::from(now));
    let (rows, subscription) = match change {
        SubscriptionChange::Delete => {
            let deleted = (subscription::status.eq(DELETED), updated_at);
            delete_push_jobs(conn, found.number)?;
            (diesel::update(row).set(deleted).execute(conn)?, found)
        }
        SubscriptionChange::Replace(content) => {
            let replaced = (
                subscription::callback_url.eq(url(&content)),
                subscription::version.eq(&content.version),
                subscription::event_types.eq(json(content.event_types.as_deref())?),
                subscription::request.eq(&content.request),
                updated_at,
            );
            let rows = diesel::update(row).set(replaced).execute(conn)?;
            if content.callback_url.is_none() {
                delete_push_jobs(conn, found.number)?;
            }
            (rows, Subscription { content, ..found })
        }
    };
    ensure_affected(rows, 1)?;
    Ok(subscription)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = subscription)]
struct Row {
    subscription_no: i32,
    subscription_id: String,
    client_no: i32,
    origin: i16,
    api_version: String,
    callback_url: Option<String>,
    version: Option<String>,
    event_types: Option<String>,
    request: Option<String>,
}

impl Row {
    /// `None` for what a later release has made.
    fn subscription(self) -> Option<Result<Subscription, DatabaseError>> {
        let origin = Origin::of_code(self.origin)?;
        Some(self.of(origin).map_err(|error| Error::DeserializationError(error).into()))
    }

    fn of(self, origin: Origin) -> Result<Subscription, Box<dyn std::error::Error + Send + Sync>> {
        let event_types = self.event_types.as_deref().map(serde_json::from_str).transpose()?;
        Ok(Subscription {
            number: SubscriptionNo(self.subscription_no),
            id: self.subscription_id.parse()?,
            origin,
            api_version: self.api_version,
            content: SubscriptionContent {
                callback_url: self.callback_url.map(CallbackUrl::stored),
                version: self.version,
                event_types,
                request: self.request,
            },
        })
    }
}

fn url(content: &SubscriptionContent) -> Option<&str> {
    content.callback_url.as_ref().map(CallbackUrl::as_str)
}

fn json(event_types: Option<&[String]>) -> Result<Option<String>, DatabaseError> {
    let text = event_types.map(serde_json::to_string).transpose();
    text.map_err(|error| Error::SerializationError(error.into()).into())
}

fn codes(origins: &[Origin]) -> Vec<i16> {
    origins.iter().map(|origin| origin.code()).collect()
}

/// `subscription.status`.
pub(super) const CREATED: i16 = 1;
const DELETED: i16 = 2;
