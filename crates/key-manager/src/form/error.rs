//! Why a form is refused, and what is said about it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use service_kit::errors::wso2::oauth_error;

/// Why a body is not a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FormError {
    /// The client stopped sending.
    #[error("body_aborted")]
    Aborted,
    /// Another media type, or a charset that is not UTF-8.
    #[error("content_type")]
    ContentType,
    /// A broken escape, or bytes that are not UTF-8.
    #[error("encoding")]
    Encoding,
    /// Parameters in the URI.
    #[error("parameters_in_uri")]
    Query,
    /// A field that stands there twice (RFC 6749 §3.2).
    #[error("repeated_field")]
    Repeated,
    /// The client was too slow.
    #[error("body_timeout")]
    Timeout,
    /// More bytes than [`BODY_LIMIT`](super::BODY_LIMIT).
    #[error("body_too_large")]
    TooLarge,
    /// More fields than any request has.
    #[error("too_many_fields")]
    TooManyFields,
}

impl FormError {
    /// The answer of an OAuth endpoint (RFC 6749 §5.2).
    pub(crate) fn to_answer(self) -> HttpResponse {
        oauth_error(self.status(), "invalid_request", self.text())
    }

    /// The reason code of log and metric.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Aborted => "body_aborted",
            Self::ContentType => "content_type",
            Self::Encoding => "encoding",
            Self::Query => "parameters_in_uri",
            Self::Repeated => "repeated_parameter",
            Self::Timeout => "body_timeout",
            Self::TooLarge => "body_too_large",
            Self::TooManyFields => "too_many_parameters",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Aborted | Self::Timeout => "The request body is incomplete",
            Self::ContentType => {
                "The request body must be application/x-www-form-urlencoded in UTF-8"
            }
            Self::Encoding => "The request body is not a valid form",
            Self::Query => "Parameters must be sent in the request body",
            Self::Repeated => "A request parameter is included more than once",
            Self::TooLarge => "The request body is too large",
            Self::TooManyFields => "The request has too many parameters",
        }
    }
}
