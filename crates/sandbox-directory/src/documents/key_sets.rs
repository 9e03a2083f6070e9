//! JWK sets (RFC 7517 §5): of the directory itself, of software statements and organisations.

use super::Document;
use crate::directory::State;
use crate::error::ApiError;
use crate::store::{
    CertificateRecord, Holder, KeyState, OrganisationRecord, SoftwareStatementRecord, SsaKeyRecord,
};
use actix_web::{HttpRequest, HttpResponse, web};
use database::{DatabaseError, UtcMicros};

const JSON: &str = "application/json";

/// `GET /keystore/openbanking.jwks`: the keys that sign SSAs.
pub(crate) async fn keystore(
    state: web::Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let records = state
        .database
        .read(|connection| Ok::<_, DatabaseError>(SsaKeyRecord::all(connection)?))
        .await?;
    let keys = records.into_iter().map(|record| record.public_jwk).collect::<Vec<_>>();
    Ok(key_set(&keys).answer(&request, state.config.document_max_age_seconds))
}

/// `GET /{organisation_id}/{software_id}.jwks`: the keys of good signing certificates.
pub(crate) async fn keys(
    state: web::Data<State>,
    ids: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let now = UtcMicros::from(state.clock.now());
    let keys = state.keys_of(ids.into_inner(), KeyState::Good(now)).await?;
    Ok(key_set(&keys).answer(&request, state.config.document_max_age_seconds))
}

/// `GET /{organisation_id}/revoked/{software_id}.jwks`: those of revoked ones.
pub(crate) async fn revoked_keys(
    state: web::Data<State>,
    ids: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let keys = state.keys_of(ids.into_inner(), KeyState::Revoked).await?;
    Ok(key_set(&keys).answer(&request, state.config.document_max_age_seconds))
}

impl State {
    /// The keys of a software statement; of the whole organisation where both ids are its own.
    async fn keys_of(
        &self,
        (organisation_id, software_id): (String, String),
        keys: KeyState,
    ) -> Result<Vec<String>, ApiError> {
        // What no id can contain must not reach the database (PostgreSQL refuses NUL).
        let is_id = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_id(&organisation_id) || !is_id(&software_id) {
            return Err(ApiError::NotFound);
        }
        let found = self.database.read(move |connection| {
            let holder = if organisation_id == software_id {
                OrganisationRecord::find(connection, &organisation_id)?
                    .map(|found| Holder::Organisation(found.organisation_id))
            } else {
                SoftwareStatementRecord::find(connection, &organisation_id, &software_id)?
                    .map(|found| Holder::Software(found.software_id))
            };
            let Some(holder) = holder else { return Ok::<_, DatabaseError>(None) };
            Ok(Some(CertificateRecord::keys(connection, &holder, keys)?))
        });
        found.await?.ok_or(ApiError::NotFound)
    }
}

fn key_set(keys: &[String]) -> Document {
    Document::new(JSON, format!("{{\"keys\":[{}]}}", keys.join(",")))
}
