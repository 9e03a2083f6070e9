//! Why a revocation request is refused, and what is said about it.

use crate::authentication::AuthenticationError;
use crate::form::FormError;
use crate::presented_token::TokenReadError;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use database::DatabaseError;
use service_kit::errors::wso2::oauth_error;

/// Every way a revocation request can fail.
#[derive(Debug, thiserror::Error)]
pub(super) enum RevokeError {
    /// The client is not authenticated.
    #[error(transparent)]
    Authentication(#[from] AuthenticationError),
    /// A token of another client than this one, which asks.
    #[error("a token of another client")]
    ForeignToken(String),
    /// The body is not a form.
    #[error("malformed request: {0}")]
    Form(#[from] FormError),
    /// No `token`, in the request of this client.
    #[error("no token")]
    NoToken(String),
    /// The token cannot be judged or revoked.
    #[error(transparent)]
    Token(#[from] TokenReadError),
}

impl RevokeError {
    /// The answer (RFC 6749 §5.2): the texts are fixed, so that nothing of a request comes back in
    /// them.
    pub(super) fn into_answer(self) -> HttpResponse {
        match self {
            Self::Authentication(error) => error.to_answer(),
            Self::ForeignToken(_) => oauth_error(
                StatusCode::BAD_REQUEST,
                "unauthorized_client",
                "The token was not issued to this client",
            ),
            Self::Form(error) => error.to_answer(),
            Self::NoToken(_) => oauth_error(
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "The parameter token is missing",
            ),
            Self::Token(error) => error.to_answer(),
        }
    }

    /// The reason code of log and metric.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Authentication(error) => error.reason(),
            Self::ForeignToken(_) => "foreign_token",
            Self::Form(error) => error.as_str(),
            Self::NoToken(_) => "no_token",
            Self::Token(error) => error.as_str(),
        }
    }

    /// Who asks.
    pub(super) fn client_id(&self) -> Option<&str> {
        match self {
            Self::Authentication(error) => error.client_id(),
            Self::ForeignToken(client_id) | Self::NoToken(client_id) => Some(client_id),
            Self::Form(_) | Self::Token(_) => None,
        }
    }

    /// Whether the fault is the server's.
    pub(super) fn is_ours(&self) -> bool {
        match self {
            Self::Authentication(error) => error.is_ours(),
            Self::Token(_) => true,
            _ => false,
        }
    }
}

impl From<DatabaseError> for RevokeError {
    fn from(error: DatabaseError) -> Self {
        Self::Token(error.into())
    }
}
