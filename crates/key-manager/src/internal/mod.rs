//! The internal API: client administration, and what the other roles ask the key manager for.

mod changes;
mod clients;
mod error;
mod keys;

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
    AccessRule { method: Method::GET, path: paths::CLIENTS, callers: &[CallerRole::Operator] },
    AccessRule { method: Method::POST, path: paths::CLIENTS, callers: &[CallerRole::Operator] },
    AccessRule {
        method: Method::GET,
        path: paths::CLIENT_PREFIX,
        callers: &[CallerRole::EventService, CallerRole::Gateway, CallerRole::Operator],
    },
    AccessRule {
        method: Method::DELETE,
        path: paths::CLIENT_PREFIX,
        callers: &[CallerRole::Operator],
    },
    AccessRule {
        method: Method::PUT,
        path: paths::PUBLISHED_KEY_PREFIX,
        callers: &[CallerRole::EventService],
    },
];

/// Who follows the changes.
const FOLLOWERS: &[CallerRole] = &[
    CallerRole::ControlPlane,
    CallerRole::EventService,
    CallerRole::Gateway,
    CallerRole::Operator,
];

/// The routes.
pub(crate) fn routes(routes: &mut web::ServiceConfig) {
    routes
        .app_data(web::QueryConfig::default().error_handler(|_, _| InternalError::Query.into()))
        .app_data(web::PathConfig::default().error_handler(|_, _| InternalError::Path.into()))
        .route(paths::TOKEN_KEYS, web::get().to(keys::token_keys))
        .route(paths::CHANGES, web::get().to(changes::follow))
        .route(paths::STATE, web::get().to(changes::state))
        .route(paths::CLIENTS, web::get().to(clients::list))
        .route(paths::CLIENTS, web::post().to(clients::create))
        .route(paths::CLIENT, web::get().to(clients::show))
        .route(paths::CLIENT, web::delete().to(clients::delete))
        .route(paths::PUBLISHED_KEY, web::put().to(keys::publish))
        .default_service(web::to(not_found::internal_not_found));
}
