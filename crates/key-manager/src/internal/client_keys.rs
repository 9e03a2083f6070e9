//! `/internal/v1/clients/{client_id}/keys`: what verifies a client's signatures now, wherever its keys
//! are.

use super::error::InternalError;
use crate::clients::{ClientId, UnreadableClient};
use crate::key_manager::Server;
use actix_web::{HttpResponse, web};
use jose::{Algorithm, Header, PublicJwk};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Which key is wanted, so that keys elsewhere are fetched again where it is not among those known.
#[derive(Deserialize)]
pub(super) struct KeysQuery {
    kid: Option<String>,
}

/// A client's keys and what it is called in its signatures.
#[derive(Serialize)]
struct ClientKeysView<'c, K> {
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation_id: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    software_id: Option<&'c str>,
    jwks: K,
}

#[derive(Serialize)]
struct Keys {
    keys: Vec<PublicJwk>,
}

/// `GET /internal/v1/clients/{client_id}/keys?kid=`.
pub(super) async fn show(
    server: web::Data<Server>,
    id: web::Path<String>,
    query: web::Query<KeysQuery>,
) -> Result<HttpResponse, InternalError> {
    let id = id.parse::<ClientId>().map_err(|_| InternalError::NoSuchClient)?;
    let record = server.clients.record(id).await?.ok_or(InternalError::NoSuchClient)?;
    let organisation_id = record.organisation_id.as_deref();
    let software_id = record.software_id.as_deref();
    let Some(url) = &record.jwks_uri else {
        let jwks: &RawValue = serde_json::from_str(&record.jwks)
            .map_err(|_| UnreadableClient::of(&record, "jwks"))?;
        return Ok(HttpResponse::Ok().json(ClientKeysView { organisation_id, software_id, jwks }));
    };
    let wanted =
        Header { algorithm: Algorithm::Ps256, key_id: query.into_inner().kid, token_type: None };
    let keys = server.remote_keys.at(url, &wanted).await.map_err(InternalError::KeySource)?;
    let jwks = Keys { keys: keys.keys().iter().map(PublicJwk::of_key).collect() };
    Ok(HttpResponse::Ok().json(ClientKeysView { organisation_id, software_id, jwks }))
}
