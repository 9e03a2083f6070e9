//! `/internal/v1/set-keys/rotate`: the next key that signs SETs, on demand.

use crate::doors::body::{self, BodyError};
use crate::keys::{LONGEST_PUBLICATION, SHORTEST_PUBLICATION, SigningKeyError};
use crate::service::State;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError, web};
use database::DatabaseError;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use service_kit::errors::problem::problem;

/// Why no key was made.
#[derive(Debug, thiserror::Error)]
pub(super) enum RotationError {
    /// The body did not arrive.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// A member at fault.
    #[error("{0}")]
    Invalid(String),
    /// The key could not be made or kept.
    #[error(transparent)]
    Key(#[from] SigningKeyError),
}

/// What the caller may ask for; an empty body asks for nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RotationRequest {
    /// Seconds for which the key is published before it signs, 5 to 86400, instead of the configured
    /// ones; receivers that cache the key set for longer refuse the first SETs.
    publication_seconds: Option<i64>,
}

/// The new key.
#[derive(Serialize)]
struct Rotation {
    kid: String,
    /// From when it signs, RFC 3339; absent while the key manager does not publish it.
    #[serde(skip_serializing_if = "Option::is_none")]
    signs_from: Option<String>,
}

/// `POST /internal/v1/set-keys/rotate`: 201 once the key manager publishes the new key; 202 where
/// that is tried again, the key being kept, and the old one signs meanwhile.
pub(super) async fn rotate(
    state: web::Data<State>,
    payload: web::Payload,
) -> Result<HttpResponse, RotationError> {
    let publication = publication(&body::read(payload).await?)?;
    let kid = state.rotate_keys(publication).await?;
    if let Err(error) = state.publish_keys().await {
        tracing::warn!(%error, "the new signing key will be published later");
    }
    let signs_from = state.keys.signs_from(&kid).map(|from| from.to_string());
    let mut answer = match signs_from {
        Some(_) => HttpResponse::Created(),
        None => HttpResponse::Accepted(),
    };
    Ok(answer.json(Rotation { kid, signs_from }))
}

fn publication(body: &[u8]) -> Result<Option<SignedDuration>, RotationError> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    let invalid = |error: &dyn std::fmt::Display| RotationError::Invalid(format!("body: {error}"));
    let text = std::str::from_utf8(body).map_err(|error| invalid(&error))?;
    if !text.trim_start().starts_with('{') {
        return Err(invalid(&"must be a JSON object"));
    }
    let request: RotationRequest = jose::from_str_strict(text).map_err(|error| invalid(&error))?;
    let publication = request.publication_seconds.map(SignedDuration::from_secs);
    let allowed = SHORTEST_PUBLICATION..=LONGEST_PUBLICATION;
    if publication.is_some_and(|publication| !allowed.contains(&publication)) {
        return Err(RotationError::Invalid("publication_seconds: must be 5 to 86400".to_owned()));
    }
    Ok(publication)
}

impl RotationError {
    fn wire(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Body(error) => (error.0.status(), "invalid_body"),
            Self::Invalid(_) => (StatusCode::BAD_REQUEST, "invalid_member"),
            Self::Key(
                SigningKeyError::Contention
                | SigningKeyError::Database(DatabaseError::Unavailable(_)),
            ) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Self::Key(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }
}

impl ResponseError for RotationError {
    fn status_code(&self) -> StatusCode {
        self.wire().0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, code) = self.wire();
        if status.is_server_error() {
            tracing::error!(error = %self, "no signing key was made");
            return problem(status, code, "The call cannot be answered at the moment");
        }
        problem(status, code, &self.to_string())
    }
}
