//! The internal API: client administration, and what the other roles ask the key manager for.

mod changes;
mod client_certificates;
mod client_keys;
mod client_status;
mod client_update;
mod clients;
mod error;
mod introspection;
mod keys;
mod page;
mod token_key_rotation;
mod trusted_certificates;

use self::error::InternalError;
use crate::{not_found, paths};
use actix_web::http::Method;
use actix_web::web;
use service_kit::access::{AccessRule, CallerRole};

/// Who may call what on the key manager's internal listener; all else is 403.
pub static INTERNAL_ACCESS: &[AccessRule] = &[
    AccessRule { method: Method::GET, path: paths::TOKEN_KEYS, callers: &[CallerRole::Gateway] },
    AccessRule { method: Method::GET, path: paths::CHANGES, callers: FOLLOWERS },
    AccessRule { method: Method::GET, path: paths::STATE, callers: FOLLOWERS },
    operator(Method::GET, paths::CLIENTS),
    operator(Method::POST, paths::CLIENTS),
    operator(Method::POST, paths::TOKEN_KEY_ROTATION),
    AccessRule {
        method: Method::POST,
        path: paths::INTERNAL_INTROSPECT,
        callers: &[CallerRole::Gateway, CallerRole::Operator],
    },
    AccessRule {
        method: Method::GET,
        path: paths::CLIENT_PREFIX,
        callers: &[CallerRole::EventService, CallerRole::Gateway, CallerRole::Operator],
    },
    operator(Method::POST, paths::CLIENT_PREFIX),
    operator(Method::PUT, paths::CLIENT_PREFIX),
    operator(Method::DELETE, paths::CLIENT_PREFIX),
    operator(Method::GET, paths::TRUSTED_CERTIFICATES),
    operator(Method::POST, paths::TRUSTED_CERTIFICATES),
    operator(Method::DELETE, paths::TRUSTED_CERTIFICATE_PREFIX),
    AccessRule {
        method: Method::PUT,
        path: paths::PUBLISHED_KEY_PREFIX,
        callers: &[CallerRole::EventService],
    },
    forwarded(Method::POST),
    forwarded(Method::GET),
    forwarded(Method::PUT),
    forwarded(Method::DELETE),
];

/// Who follows the changes.
const FOLLOWERS: &[CallerRole] = &[
    CallerRole::ControlPlane,
    CallerRole::EventService,
    CallerRole::Gateway,
    CallerRole::Operator,
];

/// What the command line alone may call.
const fn operator(method: Method, path: &'static str) -> AccessRule {
    AccessRule { method, path, callers: &[CallerRole::Operator] }
}

/// Registration, as the gateway passes it on.
const fn forwarded(method: Method) -> AccessRule {
    AccessRule { method, path: paths::REGISTRATION_PREFIX, callers: &[CallerRole::Gateway] }
}

/// The routes.
pub(crate) fn routes(routes: &mut web::ServiceConfig) {
    routes
        .app_data(web::QueryConfig::default().error_handler(|_, _| InternalError::Query.into()))
        .app_data(web::PathConfig::default().error_handler(|_, _| InternalError::Path.into()))
        .route(paths::TOKEN_KEYS, web::get().to(keys::token_keys))
        .route(paths::CHANGES, web::get().to(changes::follow))
        .route(paths::STATE, web::get().to(changes::state))
        .route(paths::TOKEN_KEY_ROTATION, web::post().to(token_key_rotation::rotate))
        .route(paths::INTERNAL_INTROSPECT, web::post().to(introspection::post))
        .route(paths::CLIENTS, web::get().to(clients::list))
        .route(paths::CLIENTS, web::post().to(clients::create))
        .route(paths::CLIENT, web::get().to(clients::show))
        .route(paths::CLIENT, web::put().to(client_update::put))
        .route(paths::CLIENT, web::delete().to(clients::delete))
        .route(paths::CLIENT_DISABLE, web::post().to(client_status::disable))
        .route(paths::CLIENT_CERTIFICATES, web::post().to(client_certificates::upload))
        .route(paths::CLIENT_KEYS, web::get().to(client_keys::show))
        .route(paths::CLIENT_ENABLE, web::post().to(client_status::enable))
        .route(paths::TRUSTED_CERTIFICATES, web::get().to(trusted_certificates::list))
        .route(paths::TRUSTED_CERTIFICATES, web::post().to(trusted_certificates::upload))
        .route(paths::TRUSTED_CERTIFICATE, web::delete().to(trusted_certificates::remove))
        .route(paths::PUBLISHED_KEY, web::put().to(keys::publish))
        .default_service(web::to(not_found::internal_not_found));
}
