//! Answers for paths and methods that nothing serves.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use service_kit::errors::problem::problem;
use service_kit::errors::wso2::oauth_error;

/// 404 of the public listener, in the token server's error format.
pub(crate) async fn oauth_not_found() -> HttpResponse {
    oauth_error(StatusCode::NOT_FOUND, "invalid_request", "There is no such endpoint")
}

/// 404 of the internal listener.
pub(crate) async fn internal_not_found() -> HttpResponse {
    problem(StatusCode::NOT_FOUND, "not_found", "There is no such endpoint")
}

/// 405 with the methods that `allow` names, in the token server's error format.
pub(crate) fn only(allow: &'static str) -> actix_web::Route {
    web::to(move || async move {
        let mut answer = oauth_error(
            StatusCode::METHOD_NOT_ALLOWED,
            "invalid_request",
            "The endpoint does not support this method",
        );
        answer.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(allow));
        answer
    })
}
