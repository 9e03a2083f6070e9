//! Why a token request is refused, and what is said about it.

use crate::authentication::AuthenticationError;
use crate::form::FormError;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use service_kit::errors::wso2::oauth_error;

/// Every way a token request can fail.
#[derive(Debug, thiserror::Error)]
pub(super) enum TokenError {
    /// The client is not authenticated.
    #[error(transparent)]
    Authentication(#[from] AuthenticationError),
    /// The body is not a form.
    #[error("malformed request: {0}")]
    Form(#[from] FormError),
    /// A defect of ours.
    #[error("internal: {0}")]
    Internal(String),
    /// No `grant_type`.
    #[error("no grant type")]
    NoGrantType,
    /// No scope is left, or the field is malformed.
    #[error("no valid scope")]
    Scope {
        /// Whose request.
        client_id: String,
    },
    /// Another grant than client credentials.
    #[error("unsupported grant type")]
    UnsupportedGrantType,
}

impl TokenError {
    /// The answer (RFC 6749 §5.2): the texts are fixed, so that nothing of a request comes back in
    /// them.
    pub(super) fn into_answer(self) -> HttpResponse {
        match self {
            Self::Authentication(error) => error.to_answer(),
            Self::Form(error) => error.to_answer(),
            Self::Internal(_) => oauth_error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                "An unexpected error occurred",
            ),
            Self::NoGrantType => oauth_error(
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "The parameter grant_type is missing",
            ),
            Self::Scope { .. } => oauth_error(
                StatusCode::BAD_REQUEST,
                "invalid_scope",
                "No requested scope can be granted",
            ),
            Self::UnsupportedGrantType => oauth_error(
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "The grant type is not supported",
            ),
        }
    }

    /// The reason code of log and metric.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Authentication(error) => error.reason(),
            Self::Form(error) => error.as_str(),
            Self::Internal(_) => "internal",
            Self::NoGrantType => "no_grant_type",
            Self::Scope { .. } => "scope",
            Self::UnsupportedGrantType => "grant_type",
        }
    }

    /// Who the client says it is.
    pub(super) fn client_id(&self) -> Option<&str> {
        match self {
            Self::Authentication(error) => error.client_id(),
            Self::Scope { client_id } => Some(client_id),
            _ => None,
        }
    }

    /// Whether the fault is the server's.
    pub(super) fn is_ours(&self) -> bool {
        match self {
            Self::Authentication(error) => error.is_ours(),
            Self::Internal(_) => true,
            _ => false,
        }
    }
}
