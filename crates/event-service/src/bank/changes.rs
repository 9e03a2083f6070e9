//! `POST …/events/{id}/reopen`, `…/expire` and `…/replay`: what waits, by the bank's order.

use super::answer::{self, Wire};
use super::call::Call;
use super::query::{self, InvalidQuery};
use crate::audit;
use crate::doors::body::{self, BodyError};
use crate::doors::content_type;
use crate::event::EventId;
use crate::service::State;
use crate::store::{EventChange, ReplayRange};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError, web};
use database::DatabaseError;
use serde::{Deserialize, Serialize};
use service_kit::errors::problem::problem;

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ChangeError {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("body: {0}")]
    Invalid(String),
    #[error("not JSON by its media type")]
    MediaType,
    #[error("no such client")]
    NoSuchClient,
    #[error("no such event")]
    NoSuchEvent,
    #[error("its SET cannot be verified any more")]
    Unverifiable,
}

/// One event after the order.
#[derive(Serialize)]
struct ChangeDocument {
    id: String,
    /// Whether it waits now.
    open: bool,
    /// Whether it was otherwise before.
    changed: bool,
}

/// Which events are to wait again.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplayRequest {
    client_id: String,
    created_from: String,
    created_before: String,
    #[serde(default)]
    after: Option<String>,
    #[serde(default)]
    limit: Option<usize>,
}

#[derive(Serialize)]
struct ReplayDocument {
    reopened: usize,
    skipped: usize,
    /// What `after` must be for the rest of the range.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `POST …/events/{id}/reopen`: the event waits again, as it was signed.
pub(super) async fn reopen(
    state: web::Data<State>,
    call: Call,
    id: web::Path<String>,
) -> Result<HttpResponse, ChangeError> {
    let id = EventId::from_delivered(&id).ok_or(ChangeError::NoSuchEvent)?;
    let change = state.store.reopen(id, state.clock.now()).await?;
    if let EventChange::Done(client_no) = change {
        state.wake_ups.notify(client_no);
    }
    answer(&call, id, &change, true)
}

/// `POST …/events/{id}/expire`: the event does not wait any more.
pub(super) async fn expire(
    state: web::Data<State>,
    call: Call,
    id: web::Path<String>,
) -> Result<HttpResponse, ChangeError> {
    let id = EventId::from_delivered(&id).ok_or(ChangeError::NoSuchEvent)?;
    let change = state.store.end_event(id, state.clock.now()).await?;
    answer(&call, id, &change, false)
}

fn answer(
    call: &Call,
    id: EventId,
    change: &EventChange,
    open: bool,
) -> Result<HttpResponse, ChangeError> {
    let outcome = match (change, open) {
        (EventChange::Done(_), true) => "reopened",
        (EventChange::Done(_), false) => "expired",
        (EventChange::Unchanged, _) => "unchanged",
        (EventChange::NotFound, _) => return Err(ChangeError::NoSuchEvent),
        (EventChange::Unverifiable, _) => return Err(ChangeError::Unverifiable),
    };
    audit::event_changed(call.subject(""), id, outcome);
    let changed = matches!(change, EventChange::Done(_));
    Ok(HttpResponse::Ok().json(ChangeDocument { id: id.to_string(), open, changed }))
}

/// `POST …/replay`: the events of one client that were created in a time wait again.
pub(super) async fn replay(
    state: web::Data<State>,
    call: Call,
    payload: web::Payload,
) -> Result<HttpResponse, ChangeError> {
    if !content_type::is(call.request.headers(), "application/json") {
        return Err(ChangeError::MediaType);
    }
    let body = body::read(payload).await?;
    let text = std::str::from_utf8(&body).map_err(|error| invalid(&error))?;
    let request: ReplayRequest = jose::from_str_strict(text).map_err(|error| invalid(&error))?;
    let client_no = state
        .store
        .client_number(request.client_id.clone())
        .await?
        .ok_or(ChangeError::NoSuchClient)?;
    let limit = request.limit.unwrap_or(MOST_REPLAYED);
    if !(1..=MOST_REPLAYED).contains(&limit) {
        return Err(ChangeError::Invalid(format!("limit: must be 1 to {MOST_REPLAYED}")));
    }
    let after = request.after.as_deref().map(|text| query::event_id("after", text)).transpose()?;
    let range = ReplayRange {
        client_no,
        created_from: query::time("created_from", &request.created_from)?,
        created_before: query::time("created_before", &request.created_before)?,
        after,
        limit,
    };
    let replayed = state.store.replay(range, state.clock.now()).await?;
    state.wake_ups.notify(client_no);
    audit::replayed(call.subject(&request.client_id), replayed.reopened);
    Ok(HttpResponse::Ok().json(ReplayDocument {
        reopened: replayed.reopened,
        skipped: replayed.skipped,
        next: replayed.next.map(|id| id.to_string()),
    }))
}

fn invalid(error: &dyn std::fmt::Display) -> ChangeError {
    ChangeError::Invalid(error.to_string())
}

impl From<InvalidQuery> for ChangeError {
    fn from(error: InvalidQuery) -> Self {
        Self::Invalid(error.0)
    }
}

impl ChangeError {
    fn wire(&self) -> Wire {
        match self {
            Self::Body(error) => answer::body(*error),
            Self::Database(error) => answer::database(error),
            Self::Invalid(_) => (StatusCode::BAD_REQUEST, "invalid_member", self.to_string()),
            Self::MediaType => answer::media_type(),
            Self::NoSuchClient => answer::no_such_client(),
            Self::NoSuchEvent => answer::no_such_event(),
            Self::Unverifiable => {
                let text = "The key that signed this event's SET is not published any more";
                (StatusCode::CONFLICT, "set_unverifiable", text.to_owned())
            }
        }
    }
}

impl ResponseError for ChangeError {
    fn status_code(&self) -> StatusCode {
        self.wire().0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, code, detail) = self.wire();
        if status.is_server_error() {
            tracing::error!(error = %self, "an event was not changed");
        }
        problem(status, code, &detail)
    }
}

/// Events that one call looks at.
const MOST_REPLAYED: usize = 1000;
