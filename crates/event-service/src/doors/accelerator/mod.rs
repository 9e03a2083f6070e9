//! The Accelerator's event-notification API, versions 3 and 4: form bodies, Basic authentication,
//! WSO2's exact texts.
//!
//! Deliberately not as WSO2: what it answers with 500 by accident (no base64, a `maxEvents` that is
//! no number, a report without `err` or `description`) is 400; a failing database or key manager is
//! 503, not 400, because the request was not at fault; JSON is strict, so that what is stored means
//! one thing; the empty object and oversized events are refused with the text of a failed
//! persistence; a body over 64 KiB is 413; no client can acknowledge another's event.

mod answer;
mod call;
mod create_events;
mod events;
mod headers;
mod request_field;
mod subscription;

pub(crate) use answer::{busy, unauthorized};

use crate::bank_user::require_bank_user;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, web};
use service_kit::errors::wso2::accelerator_error;

/// The Accelerator's major versions, told apart by their base path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// `/api/openbanking/…`, header names with underscores in texts.
    V3,
    /// `/api/fs/…`, header names with hyphens in texts.
    V4,
}

impl Version {
    /// Both versions.
    pub(crate) const ALL: [Self; 2] = [Self::V3, Self::V4];

    /// The base path.
    pub(crate) fn base_path(self) -> &'static str {
        match self {
            Self::V3 => V3_BASE,
            Self::V4 => V4_BASE,
        }
    }

    /// The release that a subscription is made by; no release of the standard has such a name.
    fn release(self) -> &'static str {
        match self {
            Self::V3 => "v3",
            Self::V4 => "v4",
        }
    }
}

/// The doors of one version.
pub(crate) fn routes(version: Version) -> impl Fn(&mut web::ServiceConfig) {
    move |config| {
        config.service(
            web::scope(version.base_path())
                .wrap(from_fn(require_bank_user))
                .app_data(web::Data::new(version))
                .service(post_only("/create-events", create_events::post))
                .service(post_only("/create-events/", create_events::post))
                .service(post_only("/events", events::post))
                .service(post_only("/events/{rest:.*}", events::post))
                .configure(subscription::routes)
                .default_service(web::to(not_found)),
        );
    }
}

/// A resource that answers other methods 405 with the body of this API.
fn post_only<F, Args>(path: &'static str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path)
        .route(web::post().to(handler))
        .default_service(web::to(|| method_not_allowed("POST")))
}

async fn not_found() -> HttpResponse {
    accelerator_error(StatusCode::NOT_FOUND, "invalid_request", "No such resource")
}

async fn method_not_allowed(allowed: &'static str) -> HttpResponse {
    let mut answer = accelerator_error(
        StatusCode::METHOD_NOT_ALLOWED,
        "invalid_request",
        "The request method is not supported",
    );
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    answer
}

/// Base path of version 3.
pub(crate) const V3_BASE: &str = "/api/openbanking/event-notifications";
/// Base path of version 4.
pub(crate) const V4_BASE: &str = "/api/fs/event-notifications";
