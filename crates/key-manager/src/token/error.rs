//! Why a token request is refused, and what is said about it.

use crate::clients::LookupError;
use crate::form::FormError;
use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use database::DatabaseError;
use service_kit::CertificateRejection;
use service_kit::errors::wso2::oauth_error;

/// Every way a token request can fail.
#[derive(Debug, thiserror::Error)]
pub(super) enum TokenError {
    /// The client did not prove who it is.
    #[error("client authentication failed: {}", failure.as_str())]
    Authentication {
        /// Who it says it is, as far as that is the id of a client.
        client_id: Option<String>,
        /// What was wrong; for the log alone.
        failure: AuthenticationFailure,
    },
    /// No client certificate on the connection.
    #[error("no client certificate")]
    CertificateMissing,
    /// A client certificate that is not to be relied on.
    #[error("client certificate refused: {}", .0.as_str())]
    CertificateRejected(CertificateRejection),
    /// A defect of ours or of the data.
    #[error("internal: {0}")]
    Internal(String),
    /// A request that RFC 6749 does not allow.
    #[error("malformed request: {}", .0.as_str())]
    Malformed(RequestDefect),
    /// No scope is left, or the field is malformed.
    #[error("no valid scope")]
    Scope {
        /// Whose request.
        client_id: String,
    },
    /// The database is away: nothing can be remembered, so nothing is issued.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// Another grant than client credentials.
    #[error("unsupported grant type")]
    UnsupportedGrantType,
}

/// What is wrong with the form of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestDefect {
    /// The body is not a form.
    Form(FormError),
    /// No `grant_type`.
    NoGrantType,
    /// Parameters in the URI.
    Query,
    /// More than one method of authentication.
    SeveralMethods,
}

/// Why a client is not authenticated. Clients learn none of this: the reasons would tell strangers
/// which clients exist, and how far a forgery got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuthenticationFailure {
    Algorithm,
    AssertionType,
    Audience,
    Certificate,
    Claims,
    ClientDisabled,
    ClientUnknown,
    Expired,
    Header,
    Issuer,
    Jws,
    Lifetime,
    None,
    NotYetValid,
    Replay,
    Secret,
    Signature,
    Subject,
    TokenType,
}

impl TokenError {
    /// A failure before it is known who the client says it is.
    pub(super) fn unauthenticated(failure: AuthenticationFailure) -> Self {
        Self::Authentication { client_id: None, failure }
    }

    /// The answer (RFC 6749 §5.2).
    pub(super) fn into_answer(self) -> HttpResponse {
        let (status, code, description) = self.wire();
        let mut answer = oauth_error(status, code, description);
        match self {
            // RFC 6749 §5.2 asks for the challenge of the scheme that was tried.
            Self::Authentication { failure: AuthenticationFailure::Header, .. } => {
                insert(&mut answer, header::WWW_AUTHENTICATE, "Basic realm=\"token\"");
            }
            Self::Unavailable(_) => insert(&mut answer, header::RETRY_AFTER, "1"),
            _ => {}
        }
        answer
    }

    /// Status, code and text: the texts are fixed, so that nothing of a request comes back in them.
    fn wire(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Authentication { .. } => {
                (StatusCode::UNAUTHORIZED, "invalid_client", "Client authentication failed")
            }
            Self::CertificateMissing => (
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "Transport certificate not found in the request",
            ),
            Self::CertificateRejected(_) => (
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                "Invalid transport certificate. Certificate passed through the request not valid",
            ),
            Self::Internal(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "An unexpected error occurred")
            }
            Self::Malformed(defect) => (defect.status(), "invalid_request", defect.text()),
            Self::Scope { .. } => {
                (StatusCode::BAD_REQUEST, "invalid_scope", "No requested scope can be granted")
            }
            Self::Unavailable(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "The server cannot issue tokens at the moment",
            ),
            Self::UnsupportedGrantType => (
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "The grant type is not supported",
            ),
        }
    }

    /// The reason code of log and metric.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Authentication { failure, .. } => failure.as_str(),
            Self::CertificateMissing => "certificate_missing",
            Self::CertificateRejected(rejection) => rejection.as_str(),
            Self::Internal(_) => "internal",
            Self::Malformed(defect) => defect.as_str(),
            Self::Scope { .. } => "scope",
            Self::Unavailable(_) => "unavailable",
            Self::UnsupportedGrantType => "grant_type",
        }
    }

    /// Who the client says it is.
    pub(super) fn client_id(&self) -> Option<&str> {
        match self {
            Self::Authentication { client_id, .. } => client_id.as_deref(),
            Self::Scope { client_id } => Some(client_id),
            _ => None,
        }
    }
}

impl RequestDefect {
    fn status(self) -> StatusCode {
        match self {
            Self::Form(FormError::Timeout) => StatusCode::REQUEST_TIMEOUT,
            Self::Form(FormError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Form(FormError::Aborted | FormError::Timeout) => "The request body is incomplete",
            Self::Form(FormError::ContentType) => {
                "The request body must be application/x-www-form-urlencoded in UTF-8"
            }
            Self::Form(FormError::Encoding) => "The request body is not a valid form",
            Self::Form(FormError::Repeated) => "A request parameter is included more than once",
            Self::Form(FormError::TooLarge) => "The request body is too large",
            Self::Form(FormError::TooManyFields) => "The request has too many parameters",
            Self::NoGrantType => "The parameter grant_type is missing",
            Self::Query => "Parameters must be sent in the request body",
            Self::SeveralMethods => "The request uses several methods of client authentication",
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Form(FormError::Aborted) => "body_aborted",
            Self::Form(FormError::ContentType) => "content_type",
            Self::Form(FormError::Encoding) => "encoding",
            Self::Form(FormError::Repeated) => "repeated_parameter",
            Self::Form(FormError::Timeout) => "body_timeout",
            Self::Form(FormError::TooLarge) => "body_too_large",
            Self::Form(FormError::TooManyFields) => "too_many_parameters",
            Self::NoGrantType => "no_grant_type",
            Self::Query => "parameters_in_uri",
            Self::SeveralMethods => "several_methods",
        }
    }
}

impl AuthenticationFailure {
    /// The reason code of log and metric.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Algorithm => "assertion_algorithm",
            Self::AssertionType => "assertion_type",
            Self::Audience => "assertion_audience",
            Self::Certificate => "foreign_certificate",
            Self::Claims => "assertion_claims",
            Self::ClientDisabled => "client_disabled",
            Self::ClientUnknown => "client_unknown",
            Self::Expired => "assertion_expired",
            Self::Header => "authorization_header",
            Self::Issuer => "assertion_issuer",
            Self::Jws => "assertion_jws",
            Self::Lifetime => "assertion_lifetime",
            Self::None => "no_assertion",
            Self::NotYetValid => "assertion_not_yet_valid",
            Self::Replay => "assertion_replay",
            Self::Secret => "client_secret",
            Self::Signature => "assertion_signature",
            Self::Subject => "assertion_subject",
            Self::TokenType => "assertion_typ",
        }
    }
}

impl From<RequestDefect> for TokenError {
    fn from(defect: RequestDefect) -> Self {
        Self::Malformed(defect)
    }
}

impl From<FormError> for TokenError {
    fn from(error: FormError) -> Self {
        Self::Malformed(RequestDefect::Form(error))
    }
}

impl From<DatabaseError> for TokenError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Unavailable(reason) => Self::Unavailable(reason),
            error => Self::Internal(error.to_string()),
        }
    }
}

impl From<LookupError> for TokenError {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::Database(error) => error.into(),
            LookupError::Unreadable(error) => Self::Internal(error.to_string()),
        }
    }
}

fn insert(answer: &mut HttpResponse, name: header::HeaderName, value: &'static str) {
    answer.headers_mut().insert(name, header::HeaderValue::from_static(value));
}
