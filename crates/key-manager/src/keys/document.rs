//! `GET /oauth2/jwks`.

use crate::key_manager::Server;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use database::UtcMicros;
use service_kit::errors::wso2::oauth_error;

/// The keys that verify tokens and SETs. Verifiers may keep the document for a minute; new keys are
/// published before their first use.
pub(crate) async fn get(server: web::Data<Server>) -> HttpResponse {
    match server.published_keys.all(UtcMicros::from(server.clock.now())).await {
        Ok(document) => HttpResponse::Ok()
            .content_type("application/json")
            .insert_header((header::CACHE_CONTROL, "public, max-age=60"))
            .body(document),
        Err(error) => {
            tracing::error!(%error, "the key set cannot be read");
            oauth_error(
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "The key set is not available at the moment",
            )
        }
    }
}
