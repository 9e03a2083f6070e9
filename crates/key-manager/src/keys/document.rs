//! `GET /oauth2/jwks`.

use crate::key_manager::Server;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use database::UtcMicros;
use service_kit::errors::wso2::oauth_error;

/// The keys that verify tokens and SETs. Verifiers may keep the document for a minute at most; new
/// keys are published for longer than that before their first use.
pub(crate) async fn get(server: web::Data<Server>) -> HttpResponse {
    match server.published_keys.all(UtcMicros::from(server.clock.now())).await {
        Ok(document) => HttpResponse::Ok()
            .content_type("application/json")
            .insert_header((
                header::CACHE_CONTROL,
                format!("public, max-age={}", server.config.key_set_max_age()),
            ))
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
