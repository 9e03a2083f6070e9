//! Keys for the other roles: the gateway verifies tokens with them, the event service publishes its
//! own.

use super::error::{InternalError, invalid};
use crate::clients::RegistrationError;
use crate::form;
use crate::key_manager::Server;
use crate::store::{PublishOutcome, PublishedKey};
use actix_web::{HttpResponse, web};
use database::{DatabaseError, UtcMicros};
use jiff::Timestamp;
use jose::{PublicJwk, VerificationKey};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service_kit::InteractionId;

/// The most characters of a `kid`.
const MAX_KEY_ID: usize = 128;

/// The issuer and its keys.
#[derive(Serialize)]
struct TokenKeys<'k> {
    issuer: &'k str,
    keys: Box<RawValue>,
}

/// A key to publish, and for how long.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Publication {
    jwk: serde_json::Value,
    retain_until: String,
}

/// `GET /internal/v1/token-keys`: never a key that signs SETs, which must not pass for a token key.
pub(super) async fn token_keys(server: web::Data<Server>) -> Result<HttpResponse, InternalError> {
    let keys = server.published_keys.token_keys().await?;
    let keys = json(keys)?;
    Ok(HttpResponse::Ok().json(TokenKeys { issuer: &server.issuer, keys }))
}

/// What is kept is ours: where it is at fault, no caller is.
fn json(kept: String) -> Result<Box<RawValue>, InternalError> {
    RawValue::from_string(kept).map_err(InternalError::UnreadableKeys)
}

/// `PUT /internal/v1/published-keys/{kid}`: 204 once the key is durable and published here.
pub(super) async fn publish(
    server: web::Data<Server>,
    interaction_id: InteractionId,
    kid: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, InternalError> {
    let body = form::read(payload).await?;
    let text = std::str::from_utf8(&body).map_err(|_| form::FormError::Encoding)?;
    let key = published_key(kid.into_inner(), text)?;
    let kid = key.kid.clone();
    let outcome = server
        .database
        .write(move |connection| Ok::<_, DatabaseError>(key.publish(connection)?))
        .await?;
    server.published_keys.invalidate();
    match outcome {
        PublishOutcome::Published => {
            tracing::info!(
                target: "audit",
                event = "key_publication",
                outcome = "published",
                kid,
                interaction_id = interaction_id.as_str(),
            );
            Ok(HttpResponse::NoContent().finish())
        }
        PublishOutcome::KeyIdTaken => Err(InternalError::KeyIdTaken),
    }
}

/// Reads the call; what is kept is written anew, so that nothing but known public members stays.
fn published_key(kid: String, text: &str) -> Result<PublishedKey, RegistrationError> {
    let publication: Publication =
        jose::from_str_strict(text).map_err(|error| invalid("body", error.to_string()))?;
    VerificationKey::from_jwk(&publication.jwk.to_string())
        .map_err(|error| invalid("jwk", error.to_string()))?;
    let jwk: PublicJwk = serde_json::from_value(publication.jwk)
        .map_err(|error| invalid("jwk", error.to_string()))?;
    let printable = kid.bytes().all(|byte| byte.is_ascii_graphic());
    if jwk.key_id() != Some(&kid) || !printable || !(1..=MAX_KEY_ID).contains(&kid.len()) {
        return Err(invalid(
            "kid",
            "must be 1 to 128 printable characters, the same in path and key",
        ));
    }
    let retain_until: Timestamp = publication
        .retain_until
        .parse()
        .map_err(|_| invalid("retain_until", "must be an RFC 3339 time"))?;
    Ok(PublishedKey {
        kid,
        jwk: serde_json::to_string(&jwk).map_err(|error| invalid("jwk", error.to_string()))?,
        retain_until: UtcMicros::from(retain_until),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::ResponseError as _;

    #[test]
    fn token_keys_that_cannot_be_read_are_no_fault_of_the_caller() {
        assert_eq!(json("[{}]".to_owned()).unwrap().get(), "[{}]");
        for kept in ["[{]", "[not JSON]", ""] {
            let error = json(kept.to_owned()).unwrap_err();
            assert_eq!(error.status_code(), 500, "{kept}");
        }
    }
}
