//! Open Banking's polling API (OBIE events 3.1 and 4.0), called by the gateway on behalf of the
//! client that it authenticated.

mod accept;
mod call;
mod events;

use crate::doors::open_banking::call::ErrorAnswer;
use actix_web::{HttpResponse, web};
use service_kit::InteractionId;
use service_kit::errors::obie::ErrorModel;

/// The standard's major versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// 3.1
    V3,
    /// 4.0
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

    fn error_model(self) -> ErrorModel {
        match self {
            Self::V3 => ErrorModel::V3,
            Self::V4 => ErrorModel::V4,
        }
    }
}

/// The doors of one version.
pub(crate) fn routes(version: Version) -> impl Fn(&mut web::ServiceConfig) {
    move |config| {
        config.service(
            web::scope(version.base_path())
                .app_data(web::Data::new(version))
                .service(
                    web::resource("/events")
                        .route(web::post().to(events::post))
                        .default_service(web::to(method_not_allowed)),
                )
                .default_service(web::to(not_found)),
        );
    }
}

async fn not_found(version: web::Data<Version>, interaction_id: InteractionId) -> HttpResponse {
    ErrorAnswer::not_found().into_http(**version, &interaction_id)
}

async fn method_not_allowed(
    version: web::Data<Version>,
    interaction_id: InteractionId,
) -> HttpResponse {
    ErrorAnswer::method_not_allowed().into_http(**version, &interaction_id)
}

/// Base path of version 3.1.
pub(crate) const V3_BASE: &str = "/open-banking/v3.1";
/// Base path of version 4.0.
pub(crate) const V4_BASE: &str = "/open-banking/v4.0";
