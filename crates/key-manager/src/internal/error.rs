//! Errors of the internal API, as problem details.

use crate::clients::{RegistrationError, RemoteKeysError, UnreadableClient};
use crate::form::FormError;
use crate::keys::CreateKeyError;
use crate::presented_token::TokenReadError;
use crate::trust::TrustError;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use database::DatabaseError;
use service_kit::errors::problem::problem;
use service_kit::trust_store::TrustStoreError;
use std::sync::Arc;

/// Every way an internal call can fail.
#[derive(Debug, thiserror::Error)]
pub(super) enum InternalError {
    /// The alias is taken.
    #[error("alias: there is a trusted certificate of this alias")]
    AliasTaken,
    /// The body could not be read.
    #[error("the body cannot be read")]
    Body(#[from] FormError),
    /// The database is away, or a query failed.
    #[error("{0}")]
    Database(Arc<DatabaseError>),
    /// Readers must start from the state again.
    #[error("after: what follows this position is not kept; read the state again")]
    ChangesGone,
    /// Somebody else changed the client at the same time.
    #[error("the client was changed at the same time; read it again")]
    ClientChanged,
    /// The client id is taken.
    #[error("client_id: there is a client of this id")]
    ClientExists,
    /// A member at fault.
    #[error(transparent)]
    Invalid(#[from] RegistrationError),
    /// The client keeps its keys elsewhere, and they cannot be had from there.
    #[error("the keys of the client cannot be fetched: {0}")]
    KeySource(RemoteKeysError),
    /// Another key has this `kid`.
    #[error("kid: another key has this kid")]
    KeyIdTaken,
    /// There is no trusted certificate of that alias.
    #[error("there is no trusted certificate of this alias")]
    NoSuchCertificate,
    /// There is no such client.
    #[error("there is no such client")]
    NoSuchClient,
    /// A path that is not UTF-8.
    #[error("the path cannot be read")]
    Path,
    /// A query that cannot be read, or repeats a parameter.
    #[error("the query cannot be read")]
    Query,
    /// The process stops.
    #[error("the key manager is stopping")]
    Stopping,
    /// As many wait for changes as may.
    #[error("too many calls wait for changes")]
    TooManyWaiters,
    /// The trust store was not brought up to date.
    #[error(transparent)]
    Trust(#[from] TrustStoreError),
    /// A token key could not be made.
    #[error("{0}")]
    TokenKey(CreateKeyError),
    /// A token cannot be judged.
    #[error(transparent)]
    Token(#[from] TokenReadError),
    /// A record that this version cannot read.
    #[error(transparent)]
    Unreadable(#[from] UnreadableClient),
    /// Token keys that this version cannot read.
    #[error("unreadable token keys in the database: {0}")]
    UnreadableKeys(#[source] serde_json::Error),
}

impl InternalError {
    fn wire(&self) -> (StatusCode, &'static str) {
        match self {
            Self::AliasTaken => (StatusCode::CONFLICT, "alias_taken"),
            Self::Body(FormError::TooLarge) => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::Body(_) => (StatusCode::BAD_REQUEST, "invalid_body"),
            Self::ChangesGone => (StatusCode::GONE, "changes_gone"),
            Self::ClientChanged => (StatusCode::CONFLICT, "client_changed"),
            Self::ClientExists => (StatusCode::CONFLICT, "client_exists"),
            Self::Database(error) => match error.as_ref() {
                DatabaseError::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
                _ => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            },
            Self::Invalid(_) => (StatusCode::BAD_REQUEST, "invalid_member"),
            Self::KeyIdTaken => (StatusCode::CONFLICT, "kid_taken"),
            Self::KeySource(_) => (StatusCode::SERVICE_UNAVAILABLE, "key_source"),
            Self::NoSuchCertificate => (StatusCode::NOT_FOUND, "no_such_certificate"),
            Self::NoSuchClient => (StatusCode::NOT_FOUND, "no_such_client"),
            Self::Path => (StatusCode::NOT_FOUND, "not_found"),
            Self::Query => (StatusCode::BAD_REQUEST, "invalid_query"),
            Self::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
            Self::TooManyWaiters => (StatusCode::TOO_MANY_REQUESTS, "too_many_waiters"),
            Self::Token(TokenReadError::Unavailable(_))
            | Self::TokenKey(CreateKeyError::Contention) => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
            }
            Self::Token(TokenReadError::Database(_) | TokenReadError::Key(_))
            | Self::TokenKey(_)
            | Self::Trust(_)
            | Self::Unreadable(_)
            | Self::UnreadableKeys(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }
}

impl ResponseError for InternalError {
    fn status_code(&self) -> StatusCode {
        self.wire().0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, code) = self.wire();
        if status.is_server_error() {
            tracing::error!(error = %self, "internal call failed");
            return problem(status, code, "The call cannot be answered at the moment");
        }
        let mut answer = problem(status, code, &self.to_string());
        if let Self::TooManyWaiters = self {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        answer
    }
}

impl From<DatabaseError> for InternalError {
    fn from(error: DatabaseError) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl From<CreateKeyError> for InternalError {
    fn from(error: CreateKeyError) -> Self {
        match error {
            CreateKeyError::Database(error) => error.into(),
            error => Self::TokenKey(error),
        }
    }
}

impl From<Arc<DatabaseError>> for InternalError {
    fn from(error: Arc<DatabaseError>) -> Self {
        Self::Database(error)
    }
}

impl From<TrustError> for InternalError {
    fn from(error: TrustError) -> Self {
        match error {
            TrustError::Database(error) => error.into(),
            TrustError::Unusable(error) => Self::Trust(error),
        }
    }
}

/// The parameter or member `field` is at fault.
pub(super) fn invalid(field: &str, reason: impl Into<String>) -> RegistrationError {
    RegistrationError { field: field.to_owned(), reason: reason.into() }
}
