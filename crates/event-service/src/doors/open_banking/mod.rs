//! Open Banking's event API (OBIE events 3.1 and 4.0: polling, event subscriptions, callback URLs), called by the gateway on behalf of the
//! client that it authenticated.

mod accept;
mod call;
mod callback_urls;
mod events;
mod fapi_headers;
mod resource;
mod resource_error;
mod signing;
mod subscriptions;

use crate::doors::open_banking::call::ErrorAnswer;
use crate::doors::open_banking::callback_urls::CallbackUrls;
use crate::doors::open_banking::subscriptions::EventSubscriptions;
use crate::subscriptions::Subscription;
use actix_web::middleware::from_fn;
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

    /// The release in addresses, such as `v3.1`.
    fn release(self) -> &'static str {
        match self {
            Self::V3 => "v3.1",
            Self::V4 => "v4.0",
        }
    }

    /// The release's major and minor number.
    fn number(self) -> (u32, u32) {
        match self {
            Self::V3 => (3, 1),
            Self::V4 => (4, 0),
        }
    }

    /// `Version` of a subscription: the release's own for one of the bank's without any.
    fn of(self, subscription: &Subscription) -> String {
        let version = subscription.content.version.as_deref();
        version.unwrap_or(self.release().trim_start_matches('v')).to_owned()
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
                .wrap(from_fn(signing::sign_messages))
                .service(
                    web::resource("/events")
                        .route(web::post().to(events::post))
                        .default_service(web::to(method_not_allowed)),
                )
                .configure(resource::routes::<EventSubscriptions>)
                .configure(resource::routes::<CallbackUrls>)
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
