//! `GET …/events` and `GET …/events/{id}`: which events there are, and what has become of one.

use super::answer::{self, Wire};
use super::document::{EventDocument, InspectionDocument};
use super::query::{self, InvalidQuery, ListQuery};
use crate::event::EventId;
use crate::service::State;
use crate::store::EventFilter;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use database::DatabaseError;
use serde::Serialize;
use service_kit::errors::problem::problem;

/// Why nothing is shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum InspectionError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("no such event")]
    NotFound,
    #[error(transparent)]
    Query(#[from] InvalidQuery),
}

#[derive(Serialize)]
struct ListDocument {
    events: Vec<EventDocument>,
    /// What `after` must be for the rest; a list goes on as long as it is there, however short the
    /// parts are.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `GET …/events`: events, oldest first.
pub(super) async fn list(
    state: web::Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, InspectionError> {
    let query: ListQuery = query::read(request.query_string())?;
    let limit = query.limit.as_deref().map(|text| query::limit("limit", text, LONGEST_LIST));
    let limit = limit.transpose()?.unwrap_or(LIST);
    let mut filter = filter(&query)?;
    if let Some(client_id) = query.client_id {
        let Some(client_no) = state.store.client_number(client_id).await? else {
            return Ok(HttpResponse::Ok().json(ListDocument { events: Vec::new(), next: None }));
        };
        filter.client_no = Some(client_no);
    }
    let list = state.store.list_events(filter, limit).await?;
    Ok(HttpResponse::Ok().json(ListDocument {
        events: list.events.into_iter().map(EventDocument::of).collect(),
        next: list.next.map(|id| id.to_string()),
    }))
}

/// `GET …/events/{id}`: one event, its SET, and everything that happened to it.
pub(super) async fn show(
    state: web::Data<State>,
    id: web::Path<String>,
) -> Result<HttpResponse, InspectionError> {
    let id = EventId::from_delivered(&id).ok_or(InspectionError::NotFound)?;
    let inspected = state.store.inspect_event(id).await?.ok_or(InspectionError::NotFound)?;
    let counts = state.config.delivery_rules().max_deliveries.is_some();
    Ok(HttpResponse::Ok().json(InspectionDocument::of(inspected, counts)))
}

fn filter(query: &ListQuery) -> Result<EventFilter, InvalidQuery> {
    let time = |name, text: &Option<String>| {
        text.as_deref().map(|text| query::time(name, text)).transpose()
    };
    Ok(EventFilter {
        client_no: None,
        status: query.status.as_deref().map(query::status).transpose()?,
        event_type: query.event_type.clone(),
        created_from: time("created_from", &query.created_from)?,
        created_before: time("created_before", &query.created_before)?,
        after: query.after.as_deref().map(|text| query::event_id("after", text)).transpose()?,
    })
}

impl InspectionError {
    fn wire(&self) -> Wire {
        match self {
            Self::Database(error) => answer::database(error),
            Self::NotFound => answer::no_such_event(),
            Self::Query(error) => (StatusCode::BAD_REQUEST, "invalid_query", error.to_string()),
        }
    }
}

impl ResponseError for InspectionError {
    fn status_code(&self) -> StatusCode {
        self.wire().0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, code, detail) = self.wire();
        if status.is_server_error() {
            tracing::error!(error = %self, "events cannot be shown");
        }
        problem(status, code, &detail)
    }
}

/// Events of a list that does not say how many.
const LIST: usize = 50;
/// The most.
const LONGEST_LIST: usize = 200;
