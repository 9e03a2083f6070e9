//! `POST …/create-events`: the bank reports events of a client.

use super::Version;
use super::answer::{self, Wire};
use super::call::{Call, InvalidFault};
use super::headers::{DoorHeader, InvalidHeader, resource_id};
use super::request_field::{self, InvalidField};
use crate::audit::{self, Refused};
use crate::clients::{KnownClient, UnknownClient};
use crate::doors::body::{self, BodyError};
use crate::event::{
    Created, CreationError, EventId, EventOrder, InvalidIdempotencyKey, InvalidSubmission,
    SubmittedEvents, TransactionId,
};
use crate::resource_check::ResourceFault;
use crate::service::State;
use crate::set::{FaultName, FaultRefused, PermittedFault};
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpResponse, web};
use serde::Serialize;

/// Why no event was created.
#[derive(Debug, thiserror::Error)]
pub(super) enum CreateEventsError {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("client {0:?}: {1}")]
    Client(String, UnknownClient),
    #[error(transparent)]
    Creation(#[from] CreationError),
    #[error(transparent)]
    Fault(#[from] InvalidFault),
    #[error(transparent)]
    Field(#[from] InvalidField),
    #[error(transparent)]
    Header(#[from] InvalidHeader),
    #[error(transparent)]
    IdempotencyKey(#[from] InvalidIdempotencyKey),
    #[error("not a form")]
    MediaType,
    #[error("resource {0:?}: {1}")]
    Resource(String, ResourceFault),
    #[error("the resource id is too long")]
    ResourceIdLength,
    #[error(transparent)]
    Submission(#[from] InvalidSubmission),
}

/// `POST …/create-events`: 201 with the event's id once it is durable; with `x-idempotency-key`, the
/// same 201 however often the request comes.
pub(super) async fn post(
    state: web::Data<State>,
    call: Call,
    payload: web::Payload,
) -> HttpResponse {
    let client_id = call.claimed_client();
    match create(&state, &call, payload).await {
        Ok((created, fault)) => {
            audit::created(call.subject(&client_id), &created);
            if let Some(fault) = fault {
                audit::made_faulty(call.subject(&client_id), created.id(), fault.name());
            }
            HttpResponse::Created()
                .insert_header((CONTENT_TYPE, "application/json; charset=utf-8"))
                .body(CreatedBody::of(created.id()))
        }
        Err(error) => {
            let refused = Refused { reason: error.reason(), error: &error };
            audit::creation_refused(call.subject(&client_id), refused);
            answer::refusal(error.wire())
        }
    }
}

/// The checks in WSO2's order, because clients see the first one that fails: version 3 looks for the
/// resource first, version 4 for the client.
async fn create(
    state: &State,
    call: &Call,
    payload: web::Payload,
) -> Result<(Created, Option<PermittedFault>), CreateEventsError> {
    if !call.is_form() {
        return Err(CreateEventsError::MediaType);
    }
    let json = request_field::decode(&body::read(payload).await?)?;
    let submitted = SubmittedEvents::parse(&json)?;
    let client_id = call.header(DoorHeader::ClientId)?;
    let resource_id = resource_id(call.header(DoorHeader::ResourceId)?)?;
    let transaction = call.transaction()?;
    let fault = call.fault(state.faulty_events)?;
    let idempotent = call.idempotency_key()?.map(|key| {
        let transaction = transaction.as_ref().map_or("", TransactionId::as_str);
        let fault = fault.map_or("", |fault| fault.name().as_str());
        let parts = [IDEMPOTENT_CALL, &client_id, &resource_id, &json, transaction, fault];
        state.idempotent(call.user.as_str(), &key, &parts)
    });
    if let Some(request) = &idempotent
        && let Some(created) = state.created_before(request).await?
    {
        return Ok((created, None));
    }
    let objects = submitted.objects()?;
    let (client, resource_id) = match call.version {
        Version::V3 => {
            let resource_id = existing(state, resource_id, &client_id).await?;
            (known(state, &client_id).await?, resource_id)
        }
        Version::V4 => {
            let client = known(state, &client_id).await?;
            (client, existing(state, resource_id, &client_id).await?)
        }
    };
    let events = objects.within_limits(state.client_settings.profile(&client.client_id))?;
    if resource_id.len() > MAX_RESOURCE_ID {
        return Err(CreateEventsError::ResourceIdLength);
    }
    let order = EventOrder { client, resource_id, events, transaction, fault };
    let created = state.create(order, idempotent).await?;
    let fault = fault.filter(|_| matches!(created, Created::New(_)));
    Ok((created, fault))
}

async fn known(state: &State, client_id: &str) -> Result<KnownClient, CreateEventsError> {
    let found = state.clients.find(client_id).await;
    found.map_err(|error| CreateEventsError::Client(client_id.to_owned(), error))
}

async fn existing(
    state: &State,
    resource_id: String,
    client_id: &str,
) -> Result<String, CreateEventsError> {
    let found = state.resource_check.existing(resource_id.clone(), client_id).await;
    found.map_err(|fault| CreateEventsError::Resource(resource_id, fault))
}

impl CreateEventsError {
    fn wire(&self) -> Wire {
        match self {
            Self::Body(error) => answer::body(*error),
            Self::Client(client_id, error) => answer::client(error, client_id, ". "),
            Self::Creation(CreationError::KeyReused) => {
                answer::bad("invalid_request_header", KEY_REUSED)
            }
            Self::Creation(
                CreationError::Busy
                | CreationError::Database(_)
                | CreationError::KeyUnpublished
                | CreationError::Signing(_),
            ) => answer::unavailable("OB Event Notification Creation error"),
            Self::Creation(CreationError::NothingToRepeat) => answer::bad(
                "invalid_request",
                "No older event of the client waits whose jti could be repeated",
            ),
            Self::Fault(InvalidFault::Refused(FaultRefused::Disabled)) => {
                answer::bad("invalid_request_header", "Faulty events are not enabled")
            }
            Self::Fault(InvalidFault::Refused(FaultRefused::Unknown)) => answer::bad(
                "invalid_request_header",
                &format!("x-lombard-fault is one of {}", fault_names()),
            ),
            Self::Field(error) => answer::field(*error),
            Self::Fault(InvalidFault::Header(error)) | Self::Header(error) => answer::header(error),
            Self::IdempotencyKey(error) => {
                answer::bad("invalid_request_header", &error.to_string())
            }
            Self::MediaType => answer::unsupported_media_type(),
            Self::Resource(resource_id, ResourceFault::NotFound) => answer::bad(
                "invalid_request",
                &format!(
                    "A resource was not found for the resource id : '{resource_id}' in the database. "
                ),
            ),
            Self::Resource(_, ResourceFault::Unanswered(_)) => {
                answer::unavailable("The resource could not be looked up")
            }
            Self::ResourceIdLength | Self::Submission(InvalidSubmission::Limits) => {
                answer::bad("invalid_request", "Error in event creation request payload")
            }
            Self::Submission(InvalidSubmission::Json | InvalidSubmission::NotAnObject) => {
                answer::faulty_payload()
            }
        }
    }

    /// The reason code in logs and metrics.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Body(_) => "body",
            Self::Client(_, UnknownClient::NotFound) => "client_not_found",
            Self::Client(..) => "client_unavailable",
            Self::Creation(CreationError::Busy) => "busy",
            Self::Creation(CreationError::Database(_)) => "database",
            Self::Creation(CreationError::KeyReused) => "idempotency_key_reused",
            Self::Creation(CreationError::KeyUnpublished) => "key_unpublished",
            Self::Creation(CreationError::NothingToRepeat) => "nothing_to_repeat",
            Self::Creation(CreationError::Signing(_)) => "signing",
            Self::Fault(_) => "fault",
            Self::Field(_) => "request_field",
            Self::Header(_) => "header",
            Self::IdempotencyKey(_) => "idempotency_key",
            Self::MediaType => "media_type",
            Self::Resource(_, ResourceFault::NotFound) => "resource_not_found",
            Self::Resource(_, ResourceFault::Unanswered(_)) => "resource_unavailable",
            Self::ResourceIdLength => "resource_id",
            Self::Submission(_) => "events",
        }
    }
}

fn fault_names() -> String {
    FaultName::ALL.map(FaultName::as_str).join(", ")
}

/// WSO2's answer; the plural is real.
#[derive(Serialize)]
struct CreatedBody {
    #[serde(rename = "notificationsID")]
    notifications_id: String,
}

impl CreatedBody {
    fn of(id: EventId) -> String {
        serde_json::to_string(&Self { notifications_id: id.to_string() }).unwrap_or_default()
    }
}

/// Bytes of a resource id; WSO2 keeps it in a column of this size.
const MAX_RESOURCE_ID: usize = 255;
/// Makes this call another one than any other with the same parts.
const IDEMPOTENT_CALL: &str = "create-events";
const KEY_REUSED: &str = "The x-idempotency-key was used with another request";

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::StatusCode;
    use actix_web::http::header::RETRY_AFTER;

    fn answer_to(error: CreationError) -> HttpResponse {
        answer::refusal(CreateEventsError::from(error).wire())
    }

    #[test]
    fn a_bank_that_finds_the_signing_queue_full_is_told_when_to_come_again() {
        let answer = answer_to(CreationError::Busy);
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers().get(RETRY_AFTER).unwrap(), "1");
    }

    #[test]
    fn what_is_the_banks_own_fault_is_not_to_be_tried_again() {
        let refused = answer::refusal(CreateEventsError::MediaType.wire());
        assert_eq!(refused.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert!(refused.headers().get(RETRY_AFTER).is_none());
    }
}
