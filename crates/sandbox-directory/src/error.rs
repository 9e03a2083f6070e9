//! Errors of the REST API and of the documents, as problem details.

use crate::documents::DocumentError;
use crate::ssa::SignSsaError;
use crate::text::InvalidMember;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use certificates::{IssueError, RequestError};
use database::DatabaseError;
use jose::KeyError;
use service_kit::errors::payload::PayloadFault;
use service_kit::errors::problem::problem;

/// Every way a call can fail.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The body is not the expected JSON.
    #[error("the body cannot be read: {0}")]
    Body(String),
    /// A certificate request is of no use.
    #[error("csr: {0}")]
    Csr(#[from] RequestError),
    /// The database is away, or a query failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A document cannot be made.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Another caller than the operator.
    #[error("this caller may not make this call")]
    Forbidden,
    /// A member at fault.
    #[error(transparent)]
    Invalid(#[from] InvalidMember),
    /// The certificate cannot be issued.
    #[error("the certificate cannot be issued: {0}")]
    Issue(#[from] IssueError),
    /// The certificate request's key would not do for signatures.
    #[error("csr: its key cannot be published: {0}")]
    Key(#[from] KeyError),
    /// The body is not called JSON.
    #[error("the body must be application/json")]
    MediaType,
    /// The resource does not have this method.
    #[error("the resource does not have this method")]
    MethodNotAllowed,
    /// There is no such certificate.
    #[error("there is no such certificate")]
    NoSuchCertificate,
    /// There is no such organisation.
    #[error("there is no such organisation")]
    NoSuchOrganisation,
    /// There is no such software statement.
    #[error("there is no such software statement")]
    NoSuchSoftwareStatement,
    /// There is nothing at this address.
    #[error("there is no such endpoint")]
    NotFound,
    /// The organisation's id is taken.
    #[error("organisation_id: there is an organisation of this id")]
    OrganisationExists,
    /// The body did not arrive as a whole.
    #[error("{}", .0.description())]
    Payload(PayloadFault),
    /// A query that cannot be read, or repeats a parameter.
    #[error("the query cannot be read")]
    Query,
    /// The software statement's id is taken.
    #[error("software_id: there is a software statement of this id")]
    SoftwareStatementExists,
    /// An SSA cannot be signed.
    #[error(transparent)]
    Ssa(#[from] SignSsaError),
    /// No service certificate, or none of ours.
    #[error("a service certificate is required")]
    Unauthenticated,
    /// A record that this version cannot read.
    #[error("a record is unreadable: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl ApiError {
    fn wire(&self) -> (StatusCode, &'static str) {
        const INTERNAL: (StatusCode, &str) = (StatusCode::INTERNAL_SERVER_ERROR, "internal");
        match self {
            Self::Body(_) => (StatusCode::BAD_REQUEST, "invalid_body"),
            Self::Csr(_) | Self::Key(_) => (StatusCode::BAD_REQUEST, "invalid_csr"),
            Self::Database(DatabaseError::Unavailable(_)) => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
            }
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
            Self::Invalid(_) => (StatusCode::BAD_REQUEST, "invalid_member"),
            // A name that SSAs can hold and certificates cannot.
            Self::Issue(IssueError::Unrepresentable(_)) => {
                (StatusCode::CONFLICT, "unrepresentable")
            }
            Self::Database(_)
            | Self::Document(_)
            | Self::Issue(_)
            | Self::Ssa(_)
            | Self::Unreadable(_) => INTERNAL,
            Self::MediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::NoSuchCertificate => (StatusCode::NOT_FOUND, "no_such_certificate"),
            Self::NoSuchOrganisation => (StatusCode::NOT_FOUND, "no_such_organisation"),
            Self::NoSuchSoftwareStatement => (StatusCode::NOT_FOUND, "no_such_software_statement"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Self::OrganisationExists => (StatusCode::CONFLICT, "organisation_exists"),
            Self::Payload(fault) => (
                fault.status(),
                match fault {
                    PayloadFault::Broken => "invalid_body",
                    PayloadFault::TimedOut => "request_timeout",
                    PayloadFault::TooLarge => "body_too_large",
                },
            ),
            Self::Query => (StatusCode::BAD_REQUEST, "invalid_query"),
            Self::SoftwareStatementExists => (StatusCode::CONFLICT, "software_statement_exists"),
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated"),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.wire().0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, code) = self.wire();
        if status.is_server_error() {
            tracing::error!(error = %self, "a call of the directory failed");
            return problem(status, code, "The call cannot be answered at the moment");
        }
        problem(status, code, &self.to_string())
    }
}
