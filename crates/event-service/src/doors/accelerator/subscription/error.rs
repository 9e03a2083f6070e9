//! Why a call about subscriptions was refused.

use crate::audit::SubscriptionAction;
use crate::clients::UnknownClient;
use crate::doors::accelerator::answer::{self, Wire};
use crate::doors::accelerator::headers::InvalidHeader;
use crate::doors::body::BodyError;
use actix_web::http::StatusCode;
use database::DatabaseError;

/// The reasons.
#[derive(Debug, thiserror::Error)]
pub(super) enum SubscriptionError {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Client(#[from] UnknownClient),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("it is another client's")]
    Foreign,
    #[error(transparent)]
    Header(#[from] InvalidHeader),
    #[error("the client has as many as it may have")]
    LimitReached,
    #[error("not JSON by its media type")]
    MediaType,
    #[error("{0} is unusable")]
    Member(&'static str),
    #[error("not a JSON object")]
    NotAnObject,
    #[error("there is none with this id")]
    Unknown,
    #[error("not unambiguous JSON")]
    Unparsable,
    #[error("not UTF-8")]
    Unreadable,
}

impl SubscriptionError {
    /// WSO2's answer to this during `action`, spaces and dots included.
    pub(super) fn wire(&self, action: SubscriptionAction) -> Wire {
        match self {
            Self::Body(error) => answer::body(*error),
            Self::Client(UnknownClient::NotFound) => {
                answer::bad("invalid_request", "Invalid mandatory parameter x-wso2-client-id.")
            }
            Self::Client(UnknownClient::Database(_) | UnknownClient::Unavailable(_)) => {
                answer::unavailable("The client could not be looked up")
            }
            Self::Database(_) => answer::unavailable(database(action)),
            Self::Foreign => answer::bad(
                "invalid_request",
                "Client Id in the request does not match with the client Id associated to the \
                 event subscription",
            ),
            Self::Header(error) => answer::header(error),
            Self::LimitReached => (
                StatusCode::CONFLICT,
                "invalid_request",
                "Subscription Resource already exists for the client".to_owned(),
            ),
            Self::MediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "invalid_request",
                "The request must be application/json".to_owned(),
            ),
            Self::Member(_) | Self::Unreadable => answer::faulty_payload(),
            Self::NotAnObject => {
                answer::bad("missing_request_payload", "missing_Json_request_payload")
            }
            Self::Unknown => answer::bad("invalid_request", unknown(action)),
            Self::Unparsable => {
                answer::bad("invalid_request_payload", "Error while parsing payload")
            }
        }
    }

    /// The reason code in logs and metrics.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Body(_) => "body",
            Self::Client(UnknownClient::NotFound) => "client_not_found",
            Self::Client(_) => "client_unavailable",
            Self::Database(_) => "database",
            Self::Foreign => "foreign",
            Self::Header(_) => "header",
            Self::LimitReached => "exists",
            Self::MediaType => "media_type",
            Self::Member(_) => "field",
            Self::NotAnObject | Self::Unparsable | Self::Unreadable => "json",
            Self::Unknown => "unknown",
        }
    }
}

/// Only the answer to a deletion has no full stop.
fn unknown(action: SubscriptionAction) -> &'static str {
    match action {
        SubscriptionAction::Create | SubscriptionAction::Read | SubscriptionAction::Change => {
            "Event subscription not found."
        }
        SubscriptionAction::Delete => "Event subscription not found",
    }
}

fn database(action: SubscriptionAction) -> &'static str {
    match action {
        SubscriptionAction::Create => {
            "Error occurred while storing event subscription in the database. "
        }
        SubscriptionAction::Read => {
            "Error occurred while retrieving event subscription in the database. "
        }
        SubscriptionAction::Change => {
            "Error occurred while updating event subscription in the database. "
        }
        SubscriptionAction::Delete => {
            "Error occurred while deleting event subscription in the database. "
        }
    }
}
