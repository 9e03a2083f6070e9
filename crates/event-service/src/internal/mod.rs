//! The internal API: what the operator asks of the event service.

mod key_rotation;

use crate::access::SET_KEY_ROTATION;
use actix_web::http::StatusCode;
use actix_web::web;
use service_kit::errors::problem::problem;

/// The routes.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::resource(SET_KEY_ROTATION)
            .route(web::post().to(key_rotation::rotate))
            .default_service(web::to(|| async {
                problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Only POST")
            })),
    );
}
