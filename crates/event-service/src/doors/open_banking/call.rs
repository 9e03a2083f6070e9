//! What every call at these doors brings beside its body, and the errors they all have.

use super::Version;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderMap, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use service_kit::InteractionId;
use service_kit::errors::obie::{ObErrorCode, ob_error};
use std::convert::Infallible;
use std::future::{Ready, ready};

/// A call that the gateway let through.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) version: Version,
    pub(super) interaction_id: InteractionId,
    request: HttpRequest,
}

/// One error of the standard's model.
#[derive(Debug)]
pub(super) struct ErrorAnswer {
    pub(super) status: StatusCode,
    pub(super) code: ObErrorCode,
    pub(super) message: &'static str,
    pub(super) path: Option<String>,
}

impl Call {
    /// All headers.
    pub(super) fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// The client that the gateway authenticated; the gateway deletes what others put there.
    pub(super) fn client_id(&self) -> Option<&str> {
        let mut values = self.headers().get_all(CLIENT_ID_HEADER);
        let value = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(value)
    }
}

impl FromRequest for Call {
    type Error = Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let version = request.app_data::<web::Data<Version>>().map_or(Version::V3, |data| ***data);
        let interaction_id = InteractionId::from_request(request, payload).into_inner();
        ready(interaction_id.map(|interaction_id| Self {
            version,
            interaction_id,
            request: request.clone(),
        }))
    }
}

impl ErrorAnswer {
    /// 400 with `code`, about `path`.
    pub(super) fn bad(code: ObErrorCode, message: &'static str, path: Option<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message, path }
    }

    /// Another `status` with `code`.
    pub(super) fn of(status: StatusCode, code: ObErrorCode, message: &'static str) -> Self {
        Self { status, code, message, path: None }
    }

    /// 404: unlike an unknown id, an unknown address is not found.
    pub(super) fn not_found() -> Self {
        let code = ObErrorCode::ResourceNotFound;
        Self::of(StatusCode::NOT_FOUND, code, "No such resource")
    }

    /// 405.
    pub(super) fn method_not_allowed() -> Self {
        let code = ObErrorCode::UnexpectedError;
        Self::of(StatusCode::METHOD_NOT_ALLOWED, code, "The request method is not supported")
    }

    /// The answer in the error model of `version`.
    pub(super) fn into_http(
        self,
        version: Version,
        interaction_id: &InteractionId,
    ) -> HttpResponse {
        let mut answer = ob_error(
            version.error_model(),
            self.status,
            self.code,
            self.message,
            self.path.as_deref(),
            interaction_id,
        );
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        }
        answer
    }
}

/// Where the gateway says whose token it verified.
pub(super) const CLIENT_ID_HEADER: &str = "x-wso2-client-id";
