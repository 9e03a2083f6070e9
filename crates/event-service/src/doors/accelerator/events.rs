//! `POST …/events`: a client's events are taken on its behalf.

use super::answer::{self, Wire};
use super::call::Call;
use super::headers::{DoorHeader, InvalidHeader};
use super::request_field::{self, InvalidField};
use crate::audit::{self, Refused};
use crate::clients::UnknownClient;
use crate::doors::body::{self, BodyError};
use crate::event::{PageSize, PollError, Polled};
use crate::service::State;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpResponse, web};
use open_banking_types::events::PollRequest;
use open_banking_types::poll_request::{Dialect, InvalidPoll};

/// Why a poll was not answered.
#[derive(Debug, thiserror::Error)]
enum EventsError {
    #[error("blank payload")]
    Blank,
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("client {0:?}: {1}")]
    Client(String, UnknownClient),
    #[error(transparent)]
    Field(#[from] InvalidField),
    #[error(transparent)]
    Header(#[from] InvalidHeader),
    #[error("not unambiguous JSON")]
    Json,
    #[error("not a form")]
    MediaType,
    #[error(transparent)]
    Poll(#[from] PollError),
    #[error("{0:?}")]
    Request(InvalidPoll),
}

/// A poll that is answered, and whether it asked for any event.
struct Answered {
    polled: Polled,
    wanted: bool,
}

/// `POST …/events`: 200 with what waits, 404 with the same members where nothing does.
pub(super) async fn post(
    state: web::Data<State>,
    call: Call,
    payload: web::Payload,
) -> HttpResponse {
    let client_id = call.claimed_client();
    match poll(&state, &call, payload).await {
        Ok(answered) => {
            audit::polled(DOOR, call.subject(&client_id), &answered.polled);
            answered.into_http()
        }
        Err(error) => {
            let refused = Refused { reason: error.reason(), error: &error };
            audit::poll_refused(DOOR, call.subject(&client_id), refused);
            answer::refusal(error.wire())
        }
    }
}

/// The checks in WSO2's order: the payload before the header.
async fn poll(state: &State, call: &Call, payload: web::Payload) -> Result<Answered, EventsError> {
    if !call.is_form() {
        return Err(EventsError::MediaType);
    }
    let json = request_field::decode(&body::read(payload).await?)?;
    if json.trim().is_empty() {
        return Err(EventsError::Blank);
    }
    let document = jose::from_str_strict(&json).map_err(|_| EventsError::Json)?;
    let request =
        PollRequest::read(&document, Dialect::Accelerator).map_err(EventsError::Request)?;
    let client_id = call.header(DoorHeader::ClientId)?;
    let client = state
        .clients
        .find(&client_id)
        .await
        .map_err(|error| EventsError::Client(client_id, error))?;
    let wanted = request.max_events != Some(0);
    let page = state.config.number_of_sets_to_return;
    let size = PageSize { when_absent: page, cap: page };
    Ok(Answered { polled: state.poll(&client, request, size).await?, wanted })
}

impl Answered {
    /// WSO2 answers 404 when it has nothing to return, unless nothing was asked for.
    fn into_http(self) -> HttpResponse {
        let response = self.polled.response;
        let status = if self.wanted && response.sets.is_empty() {
            StatusCode::NOT_FOUND
        } else {
            StatusCode::OK
        };
        HttpResponse::build(status)
            .insert_header((CONTENT_TYPE, "application/json; charset=utf-8"))
            .body(serde_json::to_string(&response).unwrap_or_default())
    }
}

impl EventsError {
    fn wire(&self) -> Wire {
        match self {
            Self::Blank => {
                answer::bad("invalid_request_payload", "Request payload cannot be empty")
            }
            Self::Body(error) => answer::body(*error),
            Self::Client(client_id, error) => answer::client(error, client_id, ".. "),
            Self::Field(error) => answer::field(*error),
            Self::Header(error) => answer::header(error),
            Self::Json | Self::Request(_) => answer::faulty_payload(),
            Self::MediaType => answer::unsupported_media_type(),
            Self::Poll(_) => answer::unavailable("Error when retrieving OB event notifications."),
        }
    }

    /// The reason code in logs and metrics.
    fn reason(&self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::Body(_) => "body",
            Self::Client(_, UnknownClient::NotFound) => "client_not_found",
            Self::Client(..) => "client_unavailable",
            Self::Field(_) => "request_field",
            Self::Header(_) => "header",
            Self::Json => "json",
            Self::MediaType => "media_type",
            Self::Poll(error) => error.reason(),
            Self::Request(_) => "poll",
        }
    }
}

/// This door's name in logs and metrics.
const DOOR: &str = "accelerator";
