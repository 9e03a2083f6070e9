//! `POST …/events`: many events of several clients at once, all of them or none.

use super::answer::{self, Wire};
use super::call::Call;
use crate::audit::{self, Refused};
use crate::clients::UnknownClient;
use crate::doors::body::{self, BodyError};
use crate::doors::content_type;
use crate::event::{
    CreatedBatch, CreationError, EventOrder, InvalidIdempotencyKey, InvalidSubmission,
    InvalidTransactionId, SubmittedEvents, TransactionId,
};
use crate::resource_check::ResourceFault;
use crate::service::State;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service_kit::errors::problem::{problem, problem_at};

/// Why no event was created.
#[derive(Debug, thiserror::Error)]
enum BatchError {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Creation(#[from] CreationError),
    /// The event at this place is at fault.
    #[error("events[{0}]: {1}")]
    Event(usize, EventFault),
    #[error(transparent)]
    IdempotencyKey(#[from] InvalidIdempotencyKey),
    #[error("{0}")]
    Invalid(String),
    #[error("not JSON by its media type")]
    MediaType,
    #[error("events: must be 1 to {0} events")]
    Number(usize),
}

/// What is wrong with one event.
#[derive(Debug, thiserror::Error)]
enum EventFault {
    #[error("client_id: {0}")]
    Client(#[from] UnknownClient),
    #[error("resource_id: {0}")]
    Resource(#[from] ResourceFault),
    #[error("resource_id: must be 1 to 255 characters")]
    ResourceId,
    #[error("events: {0}")]
    Submission(#[from] InvalidSubmission),
    #[error("transaction: {0}")]
    Transaction(#[from] InvalidTransactionId),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchRequest<'b> {
    #[serde(borrow)]
    events: Vec<EventRequest<'b>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventRequest<'b> {
    client_id: String,
    resource_id: String,
    /// Event type → object, as at `create-events`.
    #[serde(borrow)]
    events: &'b RawValue,
    /// The `txn`, where the bank gives one.
    #[serde(default)]
    transaction: Option<String>,
}

#[derive(Serialize)]
struct BatchDocument {
    /// In the order of the request.
    ids: Vec<String>,
}

/// `POST …/events`: 201 with the ids once all events are durable.
pub(super) async fn post(
    state: web::Data<State>,
    call: Call,
    payload: web::Payload,
) -> HttpResponse {
    match create(&state, &call, payload).await {
        Ok(created) => {
            audit::created_batch(call.subject(""), &created);
            let ids = created.ids.iter().map(ToString::to_string).collect();
            HttpResponse::Created().json(BatchDocument { ids })
        }
        Err(error) => {
            let refused = Refused { reason: error.reason(), error: &error };
            audit::creation_refused(call.subject(""), refused);
            error.into_http()
        }
    }
}

async fn create(
    state: &State,
    call: &Call,
    payload: web::Payload,
) -> Result<CreatedBatch, BatchError> {
    if !content_type::is(call.request.headers(), "application/json") {
        return Err(BatchError::MediaType);
    }
    let body = body::read_at_most(payload, BATCH_LIMIT).await?;
    let text =
        std::str::from_utf8(&body).map_err(|error| BatchError::Invalid(error.to_string()))?;
    let idempotent = call
        .idempotency_key()?
        .map(|key| state.idempotent(call.user.as_str(), &key, &[IDEMPOTENT_CALL, text]));
    if let Some(request) = &idempotent
        && let Some(created) = state.batch_created_before(request).await?
    {
        return Ok(created);
    }
    let request: BatchRequest<'_> =
        serde_json::from_str(text).map_err(|error| BatchError::Invalid(error.to_string()))?;
    let most = state.config.max_events_per_batch;
    if !(1..=most).contains(&request.events.len()) {
        return Err(BatchError::Number(most));
    }
    let mut orders = Vec::with_capacity(request.events.len());
    for (place, event) in request.events.into_iter().enumerate() {
        let order = order(state, event).await;
        orders.push(order.map_err(|fault| BatchError::Event(place, fault))?);
    }
    Ok(state.create_batch(orders, idempotent).await?)
}

async fn order(state: &State, event: EventRequest<'_>) -> Result<EventOrder, EventFault> {
    let objects = SubmittedEvents::parse(event.events.get())?.objects()?;
    if !(1..=MAX_RESOURCE_ID).contains(&event.resource_id.len()) {
        return Err(EventFault::ResourceId);
    }
    let client = state.clients.find(&event.client_id).await?;
    let resource_id = state.resource_check.existing(event.resource_id, &event.client_id).await?;
    let events = objects.within_limits(state.client_settings.profile(&event.client_id))?;
    let transaction = event.transaction.as_deref().map(TransactionId::parse).transpose()?;
    Ok(EventOrder { client, resource_id, events, transaction, fault: None })
}

impl BatchError {
    fn wire(&self) -> Wire {
        let unavailable = "The call cannot be answered at the moment".to_owned();
        match self {
            Self::Body(error) => answer::body(*error),
            Self::Creation(CreationError::KeyReused) => {
                (StatusCode::BAD_REQUEST, "idempotency_key_reused", self.to_string())
            }
            Self::Creation(CreationError::Database(error)) => answer::database(error),
            Self::Creation(
                CreationError::Busy | CreationError::KeyUnpublished | CreationError::Signing(_),
            )
            | Self::Event(
                _,
                EventFault::Client(UnknownClient::Unavailable(_) | UnknownClient::Database(_))
                | EventFault::Resource(ResourceFault::Unanswered(_)),
            ) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", unavailable),
            Self::Event(
                _,
                EventFault::Client(UnknownClient::NotFound)
                | EventFault::Resource(ResourceFault::NotFound)
                | EventFault::ResourceId
                | EventFault::Submission(_)
                | EventFault::Transaction(_),
            )
            | Self::Creation(CreationError::NothingToRepeat)
            | Self::Invalid(_)
            | Self::Number(_) => (StatusCode::BAD_REQUEST, "invalid_member", self.to_string()),
            Self::IdempotencyKey(_) => {
                (StatusCode::BAD_REQUEST, "invalid_idempotency_key", self.to_string())
            }
            Self::MediaType => answer::media_type(),
        }
    }

    fn into_http(self) -> HttpResponse {
        let (status, code, detail) = self.wire();
        let mut answer = match &self {
            Self::Event(place, _) => problem_at(status, code, &detail, &format!("/events/{place}")),
            _ => problem(status, code, &detail),
        };
        if status == StatusCode::SERVICE_UNAVAILABLE {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        answer
    }

    /// The reason code in logs and metrics.
    fn reason(&self) -> &'static str {
        match self {
            Self::Body(_) => "body",
            Self::Creation(CreationError::Busy) => "busy",
            Self::Creation(CreationError::Database(_)) => "database",
            Self::Creation(CreationError::KeyReused) => "idempotency_key_reused",
            Self::Creation(CreationError::KeyUnpublished) => "key_unpublished",
            Self::Creation(CreationError::NothingToRepeat) => "nothing_to_repeat",
            Self::Creation(CreationError::Signing(_)) => "signing",
            Self::Event(_, EventFault::Client(UnknownClient::NotFound)) => "client_not_found",
            Self::Event(_, EventFault::Client(_)) => "client_unavailable",
            Self::Event(_, EventFault::Resource(ResourceFault::NotFound)) => "resource_not_found",
            Self::Event(_, EventFault::Resource(ResourceFault::Unanswered(_))) => {
                "resource_unavailable"
            }
            Self::Event(_, EventFault::ResourceId) => "resource_id",
            Self::Event(_, EventFault::Submission(_)) => "events",
            Self::Event(_, EventFault::Transaction(_)) => "transaction",
            Self::IdempotencyKey(_) => "idempotency_key",
            Self::Invalid(_) | Self::Number(_) => "batch",
            Self::MediaType => "media_type",
        }
    }
}

/// Bytes of a request body.
const BATCH_LIMIT: usize = 1024 * 1024;
/// Bytes of a resource id, as at `create-events`.
const MAX_RESOURCE_ID: usize = 255;
/// Makes this call another one than any other with the same parts.
const IDEMPOTENT_CALL: &str = "batch";
