//! `/internal/v1/token-keys/rotate`: the next token key, on demand.

use super::error::{InternalError, invalid};
use crate::form;
use crate::key_manager::Server;
use crate::keys::{LONGEST_PUBLICATION, NewTokenKey, SHORTEST_PUBLICATION};
use actix_web::{HttpResponse, web};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What the caller may ask for; an empty body asks for nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RotationRequest {
    /// Seconds for which the key is published before it signs, 5 to 86400, instead of the configured
    /// ones; verifiers that cache the key set for longer refuse the first tokens.
    publication_seconds: Option<i64>,
}

/// The new key.
#[derive(Serialize)]
struct Rotation {
    kid: String,
    /// From when it signs, RFC 3339.
    signs_from: String,
}

/// `POST /internal/v1/token-keys/rotate`: 201 once the new key is durable and published here.
pub(super) async fn rotate(
    server: web::Data<Server>,
    payload: web::Payload,
) -> Result<HttpResponse, InternalError> {
    let body = form::read(payload).await?;
    let publication = publication(&body)?.unwrap_or(server.config.key_publication());
    let NewTokenKey { kid, signs_from } = server.token_key_rotation.rotate(publication).await?;
    server.token_keys_changed().await;
    let signs_from = Timestamp::try_from(signs_from).unwrap_or(Timestamp::MAX).to_string();
    Ok(HttpResponse::Created().json(Rotation { kid, signs_from }))
}

fn publication(body: &[u8]) -> Result<Option<SignedDuration>, InternalError> {
    let text = std::str::from_utf8(body).map_err(|_| form::FormError::Encoding)?;
    let request: RotationRequest = if text.trim().is_empty() {
        RotationRequest::default()
    } else if !text.trim_start().starts_with('{') {
        return Err(invalid("body", "must be a JSON object").into());
    } else {
        jose::from_str_strict(text).map_err(|error| invalid("body", error.to_string()))?
    };
    let Some(seconds) = request.publication_seconds else { return Ok(None) };
    let publication = SignedDuration::from_secs(seconds);
    if !(SHORTEST_PUBLICATION..=LONGEST_PUBLICATION).contains(&publication) {
        return Err(invalid("publication_seconds", "must be 5 to 86400").into());
    }
    Ok(Some(publication))
}
