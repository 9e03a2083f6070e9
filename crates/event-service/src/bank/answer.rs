//! Problems that several of these calls have.

use crate::doors::body::BodyError;
use actix_web::http::StatusCode;
use database::DatabaseError;

/// Status, code and detail.
pub(super) type Wire = (StatusCode, &'static str, String);

/// What a faulty body gets.
pub(super) fn body(error: BodyError) -> Wire {
    (error.0.status(), "invalid_body", error.to_string())
}

/// What a body of another media type gets.
pub(super) fn media_type() -> Wire {
    let text = "The request body must be application/json";
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", text.to_owned())
}

/// What a failing database gets.
pub(super) fn database(error: &DatabaseError) -> Wire {
    let text = "The call cannot be answered at the moment".to_owned();
    match error {
        DatabaseError::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", text),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "internal", text),
    }
}

/// What a client that nobody has heard of gets.
pub(super) fn no_such_client() -> Wire {
    (StatusCode::NOT_FOUND, "no_such_client", "No client of this id has had events".to_owned())
}

/// What an id gets that names no event.
pub(super) fn no_such_event() -> Wire {
    (StatusCode::NOT_FOUND, "no_such_event", "No event has this id".to_owned())
}
