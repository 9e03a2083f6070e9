//! `GET …/backlog`: what waits of a client, and when it last came for it.

use super::answer::{self, Wire};
use super::query::{self, BacklogQuery, InvalidQuery};
use crate::last_poll::LastPoll;
use crate::service::State;
use crate::subscriptions::{Origin, Subscription};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use database::DatabaseError;
use jiff::Timestamp;
use serde::Serialize;
use service_kit::errors::problem::problem;

/// Why nothing is said.
#[derive(Debug, thiserror::Error)]
pub(super) enum BacklogError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("no such client")]
    NoSuchClient,
    #[error(transparent)]
    Query(#[from] InvalidQuery),
}

#[derive(Serialize)]
struct BacklogDocument {
    client_id: String,
    /// Events that wait, counted up to a limit.
    open: usize,
    /// Whether there are more.
    open_at_least: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<OldestDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_poll: Option<LastPollDocument>,
    /// The active ones.
    subscriptions: Vec<SubscriptionDocument>,
}

#[derive(Serialize)]
struct OldestDocument {
    id: String,
    created_at: String,
    age_seconds: i64,
}

#[derive(Serialize)]
struct SubscriptionDocument {
    id: String,
    /// Which door made it.
    origin: &'static str,
    api_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_types: Option<Vec<String>>,
}

#[derive(Serialize)]
struct LastPollDocument {
    at: String,
    sets: usize,
    released: usize,
    more_available: bool,
}

/// `GET …/backlog?client_id=…`.
pub(super) async fn get(
    state: web::Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, BacklogError> {
    let query: BacklogQuery = query::read(request.query_string())?;
    let client_no = state
        .store
        .client_number(query.client_id.clone())
        .await?
        .ok_or(BacklogError::NoSuchClient)?;
    let backlog = state.store.backlog(client_no, COUNTED).await?;
    let last_poll = state.last_poll(client_no).await?;
    let subscriptions = state.subscriptions.of(client_no).await?;
    let now = state.clock.now();
    Ok(HttpResponse::Ok().json(BacklogDocument {
        client_id: query.client_id,
        open: backlog.open,
        open_at_least: backlog.at_least,
        oldest: backlog.oldest.map(|id| OldestDocument::of(id.to_string(), id.made_at(), now)),
        last_poll: last_poll.map(LastPollDocument::of),
        subscriptions: subscriptions.iter().map(SubscriptionDocument::of).collect(),
    }))
}

impl OldestDocument {
    fn of(id: String, created_at: Timestamp, now: Timestamp) -> Self {
        let age_seconds = now.duration_since(created_at).as_secs().max(0);
        Self { id, created_at: created_at.to_string(), age_seconds }
    }
}

impl SubscriptionDocument {
    fn of(subscription: &Subscription) -> Self {
        let content = &subscription.content;
        Self {
            id: subscription.id.to_string(),
            origin: match subscription.origin {
                Origin::Accelerator => "accelerator",
                Origin::EventSubscription => "event_subscription",
                Origin::CallbackUrl => "callback_url",
            },
            api_version: subscription.api_version.clone(),
            callback_url: content.callback_url.as_ref().map(|url| url.as_str().to_owned()),
            version: content.version.clone(),
            event_types: content.event_types.clone(),
        }
    }
}

impl LastPollDocument {
    fn of(poll: LastPoll) -> Self {
        let LastPoll { at, sets, released, more_available } = poll;
        Self { at: at.to_string(), sets, released, more_available }
    }
}

impl BacklogError {
    fn wire(&self) -> Wire {
        match self {
            Self::Database(error) => answer::database(error),
            Self::NoSuchClient => answer::no_such_client(),
            Self::Query(error) => (StatusCode::BAD_REQUEST, "invalid_query", error.to_string()),
        }
    }
}

impl ResponseError for BacklogError {
    fn status_code(&self) -> StatusCode {
        self.wire().0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, code, detail) = self.wire();
        if status.is_server_error() {
            tracing::error!(error = %self, "a backlog cannot be shown");
        }
        problem(status, code, &detail)
    }
}

/// Events that are counted.
const COUNTED: usize = 1000;
