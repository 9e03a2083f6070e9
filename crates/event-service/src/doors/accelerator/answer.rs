//! Answers that several of these doors give.

use super::headers::InvalidHeader;
use super::request_field::InvalidField;
use crate::clients::UnknownClient;
use crate::doors::body::BodyError;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::Serialize;
use service_kit::InteractionId;
use service_kit::errors::wso2::accelerator_error;

/// Status, `error` and `error_description`.
pub(super) type Wire = (StatusCode, &'static str, String);

/// 401 as Carbon answers it: pretty-printed, naming the scheme `Bearer` although Basic is meant.
pub(crate) fn unauthorized(realm: &str, interaction_id: &InteractionId) -> HttpResponse {
    let body = Unauthorized {
        code: StatusCode::UNAUTHORIZED.as_u16(),
        message: "Unauthorized",
        description: "Authorization failure. Authorization information was invalid or missing \
                      from your request.",
        trace_id: interaction_id.as_str(),
    };
    let realm = HeaderValue::from_str(&format!("Bearer realm={realm}"))
        .unwrap_or(HeaderValue::from_static("Bearer realm=localhost"));
    HttpResponse::Unauthorized()
        .insert_header((CONTENT_TYPE, "application/json;charset=UTF-8"))
        .insert_header((WWW_AUTHENTICATE, realm))
        .body(serde_json::to_string_pretty(&body).unwrap_or_default())
}

/// 503 where as many passwords as may are being verified; nothing was done.
pub(crate) fn busy() -> HttpResponse {
    refusal(unavailable("Too many credentials are being verified"))
}

/// An error in the envelope of this API; a 503 says when to come again.
pub(super) fn refusal((status, error, description): Wire) -> HttpResponse {
    let mut answer = accelerator_error(status, error, &description);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    answer
}

/// What a faulty body gets.
pub(super) fn body(error: BodyError) -> Wire {
    (error.0.status(), "invalid_request_payload", FAULTY_PAYLOAD.to_owned())
}

/// What a request of another media type gets.
pub(super) fn unsupported_media_type() -> Wire {
    (
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "invalid_request",
        "The request must be application/x-www-form-urlencoded".to_owned(),
    )
}

/// What a faulty `request` field gets.
pub(super) fn field(error: InvalidField) -> Wire {
    match error {
        InvalidField::Missing => bad("missing_request_payload", "No request payload found"),
        InvalidField::NotBase64 | InvalidField::Repeated => faulty_payload(),
    }
}

/// What a payload that is not what it should be gets.
pub(super) fn faulty_payload() -> Wire {
    bad("invalid_request_payload", FAULTY_PAYLOAD)
}

/// What a faulty header gets.
pub(super) fn header(error: &InvalidHeader) -> Wire {
    match error {
        InvalidHeader::Ambiguous | InvalidHeader::Characters => {
            bad("invalid_request_header", "Invalid characters found in the request headers")
        }
        InvalidHeader::Missing(name) => {
            bad("missing_request_header", &format!("Missing header {name}"))
        }
    }
}

/// What a client that is not there gets; `ending` closes the sentence, differently at each door.
pub(super) fn client(error: &UnknownClient, client_id: &str, ending: &str) -> Wire {
    match error {
        UnknownClient::NotFound => bad(
            "invalid_request",
            &format!(
                "A client was not found for the client id : '{client_id}' in the database{ending}"
            ),
        ),
        UnknownClient::Unavailable(_) | UnknownClient::Database(_) => {
            unavailable("The client could not be looked up")
        }
    }
}

/// 400 with these texts.
pub(super) fn bad(error: &'static str, description: &str) -> Wire {
    (StatusCode::BAD_REQUEST, error, description.to_owned())
}

/// 503: nothing was done that a repetition would do twice.
pub(super) fn unavailable(description: &str) -> Wire {
    (StatusCode::SERVICE_UNAVAILABLE, "invalid_request", description.to_owned())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Unauthorized<'a> {
    code: u16,
    message: &'static str,
    description: &'static str,
    trace_id: &'a str,
}

const FAULTY_PAYLOAD: &str = "Error in the request payload";
