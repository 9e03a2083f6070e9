//! Why a registration call is refused, and what is said about it.

mod bearer;
mod statement;

pub(super) use bearer::BearerFailure;
pub(super) use statement::StatementDefect;

use crate::clients::LookupError;
use crate::form::FormError;
use crate::presented_token::{TokenReadError, TokenRefusal};
use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use database::DatabaseError;
use open_banking_types::members::{MemberDefect, MemberError};
use service_kit::errors::wso2::oauth_error;
use service_kit::failure_limit::TooManyFailures;
use std::borrow::Cow;

/// Every way a registration call can fail.
#[derive(Debug, thiserror::Error)]
pub(super) enum RegisterError {
    /// No access token that allows the call.
    #[error("bearer token refused: {}", .0.as_str())]
    Bearer(BearerFailure),
    /// The body was not received.
    #[error("body refused: {0}")]
    Body(#[from] FormError),
    /// No client certificate.
    #[error("no client certificate")]
    CertificateMissing,
    /// A client certificate that is not to be relied on, and why.
    #[error("client certificate refused: {0}")]
    CertificateRejected(&'static str),
    /// Another type than a JWS.
    #[error("unsupported content type")]
    ContentType,
    /// The software has a client.
    #[error("the software is registered")]
    Duplicate,
    /// The certificate of another software or organisation.
    #[error("the certificate does not belong to the software statement")]
    ForeignCertificate,
    /// A defect of ours or of the data.
    #[error("internal: {0}")]
    Internal(String),
    /// `iss` is not the software.
    #[error("the issuer is not the software")]
    Issuer,
    /// The keys of an issuer of software statements cannot be read.
    #[error("the keys of the statement's issuer cannot be read")]
    IssuerKeys,
    /// Not a JWT.
    #[error("malformed request")]
    MalformedRequest,
    /// A claim at fault.
    #[error("{}: {:?}", .0.name, .0.defect)]
    Member(MemberError),
    /// The client was not made by registration.
    #[error("the client was not made by registration")]
    NotRegistered,
    /// A redirect URI that is not allowed.
    #[error("redirect URI refused")]
    RedirectUri,
    /// The request was used before.
    #[error("the request was used before")]
    Replay,
    /// Signed with another algorithm than PS256 or ES256.
    #[error("the request's algorithm is not accepted")]
    RequestAlgorithm,
    /// Not signed with a key of the software that is in use.
    #[error("the request's signature is not the software's")]
    RequestSignature,
    /// The software statement.
    #[error("software statement refused: {}", .0.as_str())]
    Statement(StatementDefect),
    /// The certificate was refused too often from this address.
    #[error(transparent)]
    TooManyFailures(TooManyFailures),
    /// The database is away.
    #[error("unavailable: {0}")]
    Unavailable(String),
}

/// The claim `name` has a value that is not allowed.
pub(super) fn invalid(name: &'static str) -> RegisterError {
    RegisterError::Member(MemberDefect::Invalid.of(name))
}

/// The claim `name` is not there.
pub(super) fn absent(name: &'static str) -> RegisterError {
    RegisterError::Member(MemberDefect::Absent.of(name))
}

impl RegisterError {
    /// The answer (RFC 7591 §3.2.2, OB DCR 3.3).
    pub(super) fn into_answer(self) -> HttpResponse {
        if let Self::Bearer(failure) = self {
            return failure.into_answer();
        }
        let (status, code, description) = self.wire();
        let mut answer = oauth_error(status, code, &description);
        if let Some(seconds) = self.retry_after_seconds() {
            answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        answer
    }

    /// Whether the caller is at fault, and may be made to wait for it.
    pub(super) fn is_the_callers(&self) -> bool {
        !matches!(
            self,
            Self::Internal(_) | Self::IssuerKeys | Self::TooManyFailures(_) | Self::Unavailable(_)
        )
    }

    fn retry_after_seconds(&self) -> Option<u64> {
        match self {
            Self::TooManyFailures(error) => Some(error.retry_after_seconds()),
            Self::IssuerKeys | Self::Unavailable(_) => Some(1),
            _ => None,
        }
    }

    /// Status, code and text; nothing of a request comes back in a text.
    fn wire(&self) -> (StatusCode, &'static str, Cow<'static, str>) {
        let metadata = |text: &'static str| (StatusCode::BAD_REQUEST, METADATA, text.into());
        match self {
            Self::Bearer(_) => (StatusCode::UNAUTHORIZED, "invalid_token", "".into()),
            Self::Body(error) => body_wire(*error),
            Self::CertificateMissing => (
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                "Transport certificate not found in the request".into(),
            ),
            Self::CertificateRejected(_) => (
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                "Invalid transport certificate. Certificate passed through the request not valid"
                    .into(),
            ),
            Self::ContentType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "invalid_request",
                "The request body must be application/jwt or application/jose".into(),
            ),
            Self::Duplicate => metadata("A client is already registered for this software"),
            Self::ForeignCertificate => (
                StatusCode::BAD_REQUEST,
                statement::INVALID,
                "The transport certificate does not belong to the software statement".into(),
            ),
            Self::Internal(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                "An unexpected error occurred".into(),
            ),
            Self::Issuer => metadata("Invalid issuer"),
            Self::IssuerKeys | Self::Unavailable(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "The server cannot register clients at the moment".into(),
            ),
            Self::MalformedRequest => metadata("Malformed request JWT"),
            Self::Member(error) => (StatusCode::BAD_REQUEST, METADATA, member_text(*error)),
            Self::NotRegistered => (
                StatusCode::FORBIDDEN,
                "invalid_request",
                "The client was not made by registration".into(),
            ),
            Self::RedirectUri => (
                StatusCode::BAD_REQUEST,
                "invalid_redirect_uri",
                "Invalid redirect_uris provided".into(),
            ),
            Self::Replay => metadata("The request was used before"),
            Self::RequestAlgorithm => metadata("Invalid signing algorithm sent"),
            Self::RequestSignature => metadata("Invalid request signature"),
            Self::Statement(defect) => (StatusCode::BAD_REQUEST, defect.code(), defect.text()),
            // As at the endpoints where clients authenticate.
            Self::TooManyFailures(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "slow_down",
                "Too many failed attempts, try again later".into(),
            ),
        }
    }

    /// The reason code of log and metric.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Bearer(failure) => failure.as_str(),
            Self::Body(FormError::TooLarge) => "body_too_large",
            Self::Body(FormError::Timeout) => "body_timeout",
            Self::Body(_) => "body_aborted",
            Self::CertificateMissing => "certificate_missing",
            Self::CertificateRejected(reason) => reason,
            Self::ContentType => "content_type",
            Self::Duplicate => "duplicate_software",
            Self::ForeignCertificate => "foreign_certificate",
            Self::Internal(_) => "internal",
            Self::Issuer => "issuer",
            Self::IssuerKeys => "issuer_keys_unavailable",
            Self::MalformedRequest => "malformed_request",
            Self::Member(error) => error.name,
            Self::NotRegistered => "not_registered",
            Self::RedirectUri => "redirect_uris",
            Self::Replay => "replay",
            Self::RequestAlgorithm => "request_algorithm",
            Self::RequestSignature => "request_signature",
            Self::Statement(defect) => defect.as_str(),
            Self::TooManyFailures(_) => "too_many_failures",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

impl From<BearerFailure> for RegisterError {
    fn from(failure: BearerFailure) -> Self {
        Self::Bearer(failure)
    }
}

impl From<TokenRefusal> for RegisterError {
    fn from(refusal: TokenRefusal) -> Self {
        Self::Bearer(refusal.into())
    }
}

impl From<TokenReadError> for RegisterError {
    fn from(error: TokenReadError) -> Self {
        match error {
            TokenReadError::Unavailable(reason) => Self::Unavailable(reason),
            error => Self::Internal(error.to_string()),
        }
    }
}

impl From<StatementDefect> for RegisterError {
    fn from(defect: StatementDefect) -> Self {
        Self::Statement(defect)
    }
}

impl From<DatabaseError> for RegisterError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Unavailable(reason) => Self::Unavailable(reason),
            error => Self::Internal(error.to_string()),
        }
    }
}

impl From<LookupError> for RegisterError {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::Database(error) => error.into(),
            LookupError::Unreadable(error) => Self::Internal(error.to_string()),
        }
    }
}

fn body_wire(error: FormError) -> (StatusCode, &'static str, Cow<'static, str>) {
    let (status, text) = match error {
        FormError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The request body is too large"),
        FormError::Timeout => (StatusCode::REQUEST_TIMEOUT, "The request body is incomplete"),
        _ => (StatusCode::BAD_REQUEST, "The request body is incomplete"),
    };
    (status, "invalid_request", text.into())
}

fn member_text(MemberError { name, defect }: MemberError) -> Cow<'static, str> {
    match defect {
        MemberDefect::Absent => format!("Required parameter {name} cannot be null"),
        MemberDefect::Empty => format!("Required parameter {name} cannot be empty"),
        MemberDefect::Invalid => format!("Invalid {name} provided"),
    }
    .into()
}

const METADATA: &str = "invalid_client_metadata";
