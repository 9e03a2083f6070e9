//! What every call at these doors brings beside its body, and the errors they all have.

use super::{Version, accept, fapi_headers};
use crate::doors::content_type;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderMap, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use service_kit::InteractionId;
use service_kit::errors::obie::{ObError, ObErrorCode, ob_error};
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
    /// Where to read more.
    pub(super) url: Option<String>,
}

/// A header that a call cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidHeader {
    /// Not in its form, or repeated.
    #[error("{0} does not have its form")]
    Malformed(&'static str),
    #[error("not JSON by its media type")]
    MediaType,
    #[error("the client does not take JSON")]
    NotAcceptable,
}

impl Call {
    /// All headers.
    pub(super) fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// Refuses a body that is not said to be JSON.
    pub(super) fn require_json_body(&self) -> Result<(), InvalidHeader> {
        let is_json = content_type::is(self.headers(), "application/json");
        if is_json { Ok(()) } else { Err(InvalidHeader::MediaType) }
    }

    /// Refuses a client that would not take the answer.
    pub(super) fn require_json_accepted(&self) -> Result<(), InvalidHeader> {
        let is_accepted = accept::allows_json(self.headers());
        if is_accepted { Ok(()) } else { Err(InvalidHeader::NotAcceptable) }
    }

    /// Refuses headers of the profile that do not have their form.
    pub(super) fn require_fapi_headers(&self) -> Result<(), InvalidHeader> {
        fapi_headers::malformed(self.headers())
            .map_or(Ok(()), |name| Err(InvalidHeader::Malformed(name)))
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
        Self { status: StatusCode::BAD_REQUEST, code, message, path, url: None }
    }

    /// Another `status` with `code`.
    pub(super) fn of(status: StatusCode, code: ObErrorCode, message: &'static str) -> Self {
        Self { status, code, message, path: None, url: None }
    }

    /// 404: unlike an unknown id, an unknown address is not found.
    pub(super) fn not_found() -> Self {
        let code = ObErrorCode::ResourceNotFound;
        Self::of(StatusCode::NOT_FOUND, code, "No such resource")
    }

    /// 503.
    pub(super) fn unavailable() -> Self {
        Self::of(
            StatusCode::SERVICE_UNAVAILABLE,
            ObErrorCode::UnexpectedError,
            "The service is temporarily unavailable",
        )
    }

    /// 403: the client that the gateway names is not one of the key manager's.
    pub(super) fn unknown_client() -> Self {
        let code = ObErrorCode::ResourceNotFound;
        Self::of(StatusCode::FORBIDDEN, code, "The client is not registered or not active")
    }

    /// 400: the gateway names no client, or several.
    pub(super) fn client_header() -> Self {
        Self::bad(
            ObErrorCode::HeaderMissing,
            "The header that names the client is missing or repeated",
            Some(CLIENT_ID_HEADER.to_owned()),
        )
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
            ObError {
                code: self.code,
                message: self.message,
                path: self.path.as_deref(),
                url: self.url.as_deref(),
            },
            interaction_id,
        );
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        }
        answer
    }
}

impl InvalidHeader {
    /// The answer.
    pub(super) fn answer(self) -> ErrorAnswer {
        let of = |status, name: &str, message| ErrorAnswer {
            path: Some(name.to_owned()),
            ..ErrorAnswer::of(status, ObErrorCode::HeaderInvalid, message)
        };
        match self {
            Self::Malformed(name) => {
                of(StatusCode::BAD_REQUEST, name, "The header does not have its form")
            }
            Self::MediaType => of(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Content-Type",
                "The request body must be application/json",
            ),
            Self::NotAcceptable => {
                of(StatusCode::NOT_ACCEPTABLE, "Accept", "Answers are application/json")
            }
        }
    }

    /// The reason code in logs and metrics.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Malformed(_) => "header",
            Self::MediaType => "media_type",
            Self::NotAcceptable => "not_acceptable",
        }
    }
}

/// Where the gateway says whose token it verified.
pub(super) const CLIENT_ID_HEADER: &str = "x-wso2-client-id";
