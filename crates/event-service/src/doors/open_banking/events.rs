//! `POST /open-banking/{version}/events` (RFC 8936 §2, OBIE aggregated polling).

use super::accept;
use super::call::{Call, ErrorAnswer};
use crate::audit::{self, Refused, Subject};
use crate::clients::UnknownClient;
use crate::doors::body::{self, BodyError};
use crate::doors::content_type;
use crate::event::{PageSize, PollError, Polled};
use crate::service::State;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpResponse, web};
use open_banking_types::events::PollRequest;
use open_banking_types::poll_request::{Dialect, InvalidPoll, PollFault};
use service_kit::errors::obie::ObErrorCode;

/// Why a poll was not answered.
#[derive(Debug, thiserror::Error)]
enum EventsError {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Client(#[from] UnknownClient),
    #[error("the gateway named no client, or several")]
    ClientHeader,
    #[error("not unambiguous JSON in UTF-8")]
    Json,
    #[error("not JSON by its media type")]
    MediaType,
    #[error("the client does not take JSON")]
    NotAcceptable,
    #[error(transparent)]
    Poll(#[from] PollError),
    #[error("{0:?}")]
    Request(InvalidPoll),
}

/// `POST …/events`: 200 with what waits, which may be nothing.
///
/// A poll waits for events unless it says `returnImmediately`, asks for none, or is one too many of
/// its client's that wait (RFC 8936 §2.4 lets the transmitter choose how long).
pub(super) async fn post(
    state: web::Data<State>,
    call: Call,
    payload: web::Payload,
) -> HttpResponse {
    let client_id = call.client_id().unwrap_or_default();
    let subject = Subject { caller: "gateway", client_id, interaction_id: &call.interaction_id };
    match poll(&state, &call, payload).await {
        Ok(polled) => {
            audit::polled(DOOR, subject, &polled);
            HttpResponse::Ok()
                .insert_header((CONTENT_TYPE, "application/json; charset=utf-8"))
                .body(serde_json::to_string(&polled.response).unwrap_or_default())
        }
        Err(error) => {
            let refused = Refused { reason: error.reason(), error: &error };
            audit::poll_refused(DOOR, subject, refused);
            error.answer().into_http(call.version, &call.interaction_id)
        }
    }
}

async fn poll(state: &State, call: &Call, payload: web::Payload) -> Result<Polled, EventsError> {
    let request = read(call, payload).await?;
    let client_id = call.client_id().ok_or(EventsError::ClientHeader)?;
    let client = state.clients.find(client_id).await?;
    let size = PageSize {
        when_absent: state.config.number_of_sets_to_return,
        cap: state.config.max_sets_per_poll,
    };
    Ok(state.poll_or_wait(&client, request, size).await?)
}

/// The checked request; nothing of its body is left when this returns, because a poll may wait for
/// long.
async fn read(call: &Call, payload: web::Payload) -> Result<PollRequest, EventsError> {
    if !content_type::is(call.headers(), "application/json") {
        return Err(EventsError::MediaType);
    }
    if !accept::allows_json(call.headers()) {
        return Err(EventsError::NotAcceptable);
    }
    let body = body::read(payload).await?;
    let json = std::str::from_utf8(&body).map_err(|_| EventsError::Json)?;
    let document = jose::from_str_strict(json).map_err(|_| EventsError::Json)?;
    PollRequest::read(&document, Dialect::OpenBanking).map_err(EventsError::Request)
}

impl EventsError {
    fn answer(&self) -> ErrorAnswer {
        use ObErrorCode::{HeaderInvalid, ResourceInvalidFormat};
        match self {
            Self::Body(BodyError(fault)) => {
                ErrorAnswer::of(fault.status(), ResourceInvalidFormat, fault.description())
            }
            Self::Client(UnknownClient::NotFound) => ErrorAnswer::unknown_client(),
            Self::Client(UnknownClient::Database(_) | UnknownClient::Unavailable(_))
            | Self::Poll(_) => ErrorAnswer::unavailable(),
            Self::ClientHeader => ErrorAnswer::client_header(),
            Self::Json => ErrorAnswer::bad(
                ResourceInvalidFormat,
                "The request body is not a JSON object in UTF-8 with unrepeated members",
                None,
            ),
            Self::MediaType => ErrorAnswer {
                path: Some("Content-Type".to_owned()),
                ..ErrorAnswer::of(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    HeaderInvalid,
                    "The request body must be application/json",
                )
            },
            Self::NotAcceptable => ErrorAnswer {
                path: Some("Accept".to_owned()),
                ..ErrorAnswer::of(
                    StatusCode::NOT_ACCEPTABLE,
                    HeaderInvalid,
                    "Answers are application/json",
                )
            },
            Self::Request(invalid) => invalid_poll(invalid),
        }
    }

    /// The reason code in logs and metrics.
    fn reason(&self) -> &'static str {
        match self {
            Self::Body(_) => "body",
            Self::Client(UnknownClient::NotFound) => "client_not_found",
            Self::Client(_) => "client_unavailable",
            Self::ClientHeader => "client_header",
            Self::Json => "json",
            Self::MediaType => "media_type",
            Self::NotAcceptable => "not_acceptable",
            Self::Poll(error) => error.reason(),
            Self::Request(_) => "poll",
        }
    }
}

fn invalid_poll(invalid: &InvalidPoll) -> ErrorAnswer {
    let path = (!invalid.path.is_empty()).then(|| invalid.path.clone());
    match invalid.fault {
        PollFault::Missing => {
            ErrorAnswer::bad(ObErrorCode::FieldMissing, "A mandatory field is missing", path)
        }
        PollFault::Value => {
            ErrorAnswer::bad(ObErrorCode::FieldInvalid, "A field has an invalid value", path)
        }
        PollFault::WrongType => ErrorAnswer::bad(
            ObErrorCode::ResourceInvalidFormat,
            "The request body does not have the expected format",
            path,
        ),
    }
}

/// This door's name in logs and metrics.
const DOOR: &str = "open_banking";
