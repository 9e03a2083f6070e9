//! Why a client is not authenticated, and what is said about it.

use crate::clients::{ClientId, LookupError};
use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use database::DatabaseError;
use service_kit::CertificateRejection;
use service_kit::errors::wso2::oauth_error;
use service_kit::failure_limit::TooManyFailures;

/// Every way the authentication of a client can fail.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthenticationError {
    /// No client certificate on the connection.
    #[error("no client certificate")]
    CertificateMissing,
    /// A client certificate that is not to be relied on.
    #[error("client certificate refused: {}", .0.as_str())]
    CertificateRejected(CertificateRejection),
    /// A defect of ours or of the data.
    #[error("internal: {0}")]
    Internal(String),
    /// The client did not prove who it is.
    #[error("client authentication failed: {}", failure.as_str())]
    Refused {
        /// Who it says it is, as far as that is the id of a client.
        client_id: Option<String>,
        /// What was wrong; for the log alone.
        failure: AuthenticationFailure,
        /// Whether it tried the scheme Basic.
        by_basic: bool,
    },
    /// More than one method of authentication.
    #[error("several methods of client authentication")]
    SeveralMethods,
    /// The address failed too often with this client id, or without any.
    #[error("too many failures")]
    TooManyFailures {
        /// Who the client says it is, as far as that is the id of a client.
        client_id: Option<String>,
        /// When it may try again.
        error: TooManyFailures,
    },
    /// The database is away: what was used cannot be remembered, so nobody is let in.
    #[error("unavailable: {0}")]
    Unavailable(String),
}

/// Why a client is not authenticated. Clients learn none of this: the reasons would tell strangers
/// which clients exist, and how far a forgery got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthenticationFailure {
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
    Key,
    KeySource,
    Lifetime,
    Method,
    None,
    NotYetValid,
    Replay,
    Secret,
    Signature,
    Subject,
    TokenType,
}

impl AuthenticationError {
    /// A refusal of whoever `claimed` to be; only what could be the id of a client is logged as one.
    pub(super) fn refused(claimed: Option<&str>, failure: AuthenticationFailure) -> Self {
        let client_id = claimed
            .and_then(|claimed| claimed.parse::<ClientId>().ok())
            .map(|id| id.as_str().to_owned());
        Self::Refused { client_id, failure, by_basic: false }
    }

    /// The same to somebody who tried the scheme Basic.
    pub(super) fn with_challenge(self) -> Self {
        match self {
            Self::Refused { client_id, failure, .. } => {
                Self::Refused { client_id, failure, by_basic: true }
            }
            other => other,
        }
    }

    /// The answer (RFC 6749 §5.2).
    pub(crate) fn to_answer(&self) -> HttpResponse {
        let (status, code, description) = self.wire();
        let mut answer = oauth_error(status, code, description);
        match self {
            // RFC 6749 §5.2 asks for the challenge of the scheme that was tried.
            Self::Refused { by_basic: true, .. } => {
                insert(&mut answer, header::WWW_AUTHENTICATE, "Basic realm=\"token\"");
            }
            Self::TooManyFailures { error, .. } => {
                let seconds = header::HeaderValue::from(error.retry_after_seconds());
                answer.headers_mut().insert(header::RETRY_AFTER, seconds);
            }
            Self::Unavailable(_) => insert(&mut answer, header::RETRY_AFTER, "1"),
            _ => {}
        }
        answer
    }

    /// Status, code and text: the texts are fixed, so that nothing of a request comes back in them.
    fn wire(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
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
            Self::Refused { .. } => {
                (StatusCode::UNAUTHORIZED, "invalid_client", "Client authentication failed")
            }
            Self::SeveralMethods => (
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "The request uses several methods of client authentication",
            ),
            // RFC 6585 §4; the code is that of RFC 8628 §3.5, the nearest that is registered.
            Self::TooManyFailures { .. } => (
                StatusCode::TOO_MANY_REQUESTS,
                "slow_down",
                "Too many failed attempts, try again later",
            ),
            Self::Unavailable(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "The server cannot authenticate clients at the moment",
            ),
        }
    }

    /// The reason code of log and metric.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::CertificateMissing => "certificate_missing",
            Self::CertificateRejected(rejection) => rejection.as_str(),
            Self::Internal(_) => "internal",
            Self::Refused { failure, .. } => failure.as_str(),
            Self::SeveralMethods => "several_methods",
            Self::TooManyFailures { .. } => "too_many_failures",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// Who the client says it is.
    pub(crate) fn client_id(&self) -> Option<&str> {
        match self {
            Self::Refused { client_id, .. } | Self::TooManyFailures { client_id, .. } => {
                client_id.as_deref()
            }
            _ => None,
        }
    }

    /// Whether the fault is the server's.
    pub(crate) fn is_ours(&self) -> bool {
        matches!(self, Self::Internal(_) | Self::Unavailable(_))
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
            Self::Key => "assertion_key",
            Self::KeySource => "client_keys_unavailable",
            Self::Lifetime => "assertion_lifetime",
            Self::Method => "other_method",
            Self::None => "no_credentials",
            Self::NotYetValid => "assertion_not_yet_valid",
            Self::Replay => "assertion_replay",
            Self::Secret => "client_secret",
            Self::Signature => "assertion_signature",
            Self::Subject => "assertion_subject",
            Self::TokenType => "assertion_typ",
        }
    }
}

impl From<DatabaseError> for AuthenticationError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Unavailable(reason) => Self::Unavailable(reason),
            error => Self::Internal(error.to_string()),
        }
    }
}

impl From<LookupError> for AuthenticationError {
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
