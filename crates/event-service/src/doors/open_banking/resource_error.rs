//! Why a call about a registered resource was refused.

use super::call::{ErrorAnswer, InvalidHeader};
use super::resource::Resource;
use crate::clients::UnknownClient;
use crate::doors::body::BodyError;
use crate::subscriptions::RefusedContent;
use actix_web::http::StatusCode;
use database::DatabaseError;
use open_banking_types::fields::{FieldFault, InvalidField};
use service_kit::errors::obie::ObErrorCode;

/// The reasons.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResourceError {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Client(#[from] UnknownClient),
    #[error("the gateway named no client, or several")]
    ClientHeader,
    #[error(transparent)]
    Content(#[from] RefusedContent),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("the client has one")]
    Exists,
    #[error("{:?}: {:?}", .0.path, .0.fault)]
    Field(InvalidField),
    #[error("it is another client's")]
    Foreign,
    #[error(transparent)]
    Header(#[from] InvalidHeader),
    #[error("not unambiguous JSON in UTF-8")]
    Json,
    #[error("it was made by a newer release of the API")]
    NewerRelease,
    #[error("the id in the body is not that of the address")]
    OtherId,
    #[error("there is none with this id")]
    Unknown,
}

impl From<InvalidField> for ResourceError {
    fn from(invalid: InvalidField) -> Self {
        Self::Field(invalid)
    }
}

impl ResourceError {
    /// The answer at the door of `R`; `event_types_url` lists the supported event types.
    pub(super) fn answer<R: Resource>(&self, event_types_url: &str) -> ErrorAnswer {
        use ObErrorCode::{
            FieldInvalid, ResourceInvalidFormat, ResourceNotFound, RulesResourceAlreadyExists,
        };
        match self {
            Self::Body(BodyError(fault)) => {
                ErrorAnswer::of(fault.status(), ResourceInvalidFormat, fault.description())
            }
            Self::Client(UnknownClient::NotFound) => ErrorAnswer::unknown_client(),
            Self::Client(UnknownClient::Database(_) | UnknownClient::Unavailable(_))
            | Self::Database(_) => ErrorAnswer::unavailable(),
            Self::ClientHeader => ErrorAnswer::client_header(),
            Self::Content(refused) => content::<R>(*refused, event_types_url),
            Self::Exists => ErrorAnswer::of(
                StatusCode::CONFLICT,
                RulesResourceAlreadyExists,
                "The client has one already; it can be changed or deleted",
            ),
            Self::Field(invalid) => field(invalid),
            Self::Foreign => ErrorAnswer::of(
                StatusCode::FORBIDDEN,
                ResourceNotFound,
                "The resource belongs to another client",
            ),
            Self::Header(invalid) => invalid.answer(),
            Self::Json => ErrorAnswer::bad(
                ResourceInvalidFormat,
                "The request body is not a JSON object in UTF-8 with unrepeated members",
                None,
            ),
            Self::NewerRelease => ErrorAnswer::of(
                StatusCode::CONFLICT,
                RulesResourceAlreadyExists,
                "The resource was made by a newer release of the API and is used there",
            ),
            Self::OtherId => ErrorAnswer::bad(
                FieldInvalid,
                "The id in the body is not that of the address",
                Some(R::ID_FIELD.to_owned()),
            ),
            Self::Unknown => {
                ErrorAnswer::bad(ResourceNotFound, "There is no resource with this id", None)
            }
        }
    }

    /// The reason code in logs and metrics.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Body(_) => "body",
            Self::Client(UnknownClient::NotFound) => "client_not_found",
            Self::Client(_) => "client_unavailable",
            Self::ClientHeader => "client_header",
            Self::Content(RefusedContent::CallbackUrl) => "callback_url",
            Self::Content(RefusedContent::EventTypes | RefusedContent::UnsupportedEventType(_)) => {
                "event_type"
            }
            Self::Content(RefusedContent::Version) => "version",
            Self::Database(_) => "database",
            Self::Exists => "exists",
            Self::Field(_) => "field",
            Self::Foreign => "foreign",
            Self::Header(invalid) => invalid.reason(),
            Self::Json => "json",
            Self::NewerRelease => "newer_release",
            Self::OtherId => "other_id",
            Self::Unknown => "unknown",
        }
    }
}

fn content<R: Resource>(refused: RefusedContent, event_types_url: &str) -> ErrorAnswer {
    let invalid = |message, path: &str| {
        ErrorAnswer::bad(ObErrorCode::FieldInvalid, message, Some(path.to_owned()))
    };
    match refused {
        RefusedContent::CallbackUrl => invalid(
            "The callback URL is not a public https address that ends in the API's version and \
             /event-notifications",
            R::URL_FIELD,
        ),
        RefusedContent::EventTypes => ErrorAnswer::bad(
            ObErrorCode::FieldUnexpected,
            "This version has resource updates only",
            Some("Data.EventTypes".to_owned()),
        ),
        RefusedContent::UnsupportedEventType(place) => ErrorAnswer {
            url: Some(event_types_url.to_owned()),
            ..ErrorAnswer::bad(
                ObErrorCode::UnsupportedEventType,
                "The event type is not supported",
                Some(format!("Data.EventTypes[{place}]")),
            )
        },
        RefusedContent::Version => {
            invalid("The version is not one that this release of the API has", "Data.Version")
        }
    }
}

fn field(invalid: &InvalidField) -> ErrorAnswer {
    let path = (!invalid.path.is_empty()).then(|| invalid.path.clone());
    let (code, message) = match invalid.fault {
        FieldFault::Missing => (ObErrorCode::FieldMissing, "A mandatory field is missing"),
        FieldFault::Unknown | FieldFault::WrongType => (
            ObErrorCode::ResourceInvalidFormat,
            "The request body does not have the expected format",
        ),
        FieldFault::Value => (ObErrorCode::FieldInvalid, "A field has an invalid value"),
    };
    ErrorAnswer::bad(code, message, path)
}
