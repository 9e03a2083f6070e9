//! The bank's own API over events: list and inspect them, create many at once, let them wait again or
//! end them, and see what waits of a client.
//!
//! JSON below one prefix of Lombard's own; errors are problem details (RFC 9457). Bank users come
//! through the key manager with Basic credentials, as to the Accelerator's doors; the operator comes
//! with its certificate.

mod answer;
mod backlog;
mod call;
mod changes;
mod creation;
mod document;
mod inspection;
mod query;

use crate::bank_user::require_bank;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, Resource, Route, web};
use service_kit::errors::problem::problem;

/// The base path.
pub(crate) const BASE: &str = "/api/lombard/events/v1";

/// The routes.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope(BASE)
            .wrap(from_fn(require_bank))
            .service(
                only("/events", "GET, POST")
                    .route(web::get().to(inspection::list))
                    .route(web::post().to(creation::post)),
            )
            .service(of("/events/{id}", web::get().to(inspection::show), "GET"))
            .service(of("/events/{id}/reopen", web::post().to(changes::reopen), "POST"))
            .service(of("/events/{id}/expire", web::post().to(changes::expire), "POST"))
            .service(of("/replay", web::post().to(changes::replay), "POST"))
            .service(of("/backlog", web::get().to(backlog::get), "GET"))
            .default_service(web::to(not_found)),
    );
}

fn of(path: &str, route: Route, allowed: &'static str) -> Resource {
    only(path, allowed).route(route)
}

/// A resource that answers other methods than `allowed` with 405.
fn only(path: &str, allowed: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || async move {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        let mut answer = problem(status, "method_not_allowed", &format!("Only {allowed}"));
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
        answer
    }))
}

async fn not_found() -> HttpResponse {
    problem(StatusCode::NOT_FOUND, "not_found", "No such address")
}
