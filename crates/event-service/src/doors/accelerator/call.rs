//! What every call at these doors brings beside its body.

use super::Version;
use super::headers::{self, DoorHeader, InvalidHeader};
use crate::audit::Subject;
use crate::bank_user::BankUserName;
use crate::doors::{content_type, idempotency_key};
use crate::event::{IdempotencyKey, InvalidIdempotencyKey, TransactionId};
use crate::set::{FaultRefused, FaultyEvents, PermittedFault};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use service_kit::InteractionId;
use std::future::{Ready, ready};

/// A call of an authenticated bank user.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) user: BankUserName,
    pub(super) version: Version,
    pub(super) interaction_id: InteractionId,
    request: HttpRequest,
}

/// Why a faulty event was not ordered.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvalidFault {
    #[error(transparent)]
    Header(#[from] InvalidHeader),
    #[error(transparent)]
    Refused(#[from] FaultRefused),
}

impl Call {
    /// Whether the body is said to be a form.
    pub(super) fn is_form(&self) -> bool {
        content_type::is(self.request.headers(), "application/x-www-form-urlencoded")
    }

    /// Whether the body is said to be JSON.
    pub(super) fn is_json(&self) -> bool {
        content_type::is(self.request.headers(), "application/json")
    }

    /// A header of these doors.
    pub(super) fn header(&self, header: DoorHeader) -> Result<String, InvalidHeader> {
        header.read(self.request.headers(), self.version)
    }

    /// `x-lombard-txn`: the transaction that caused the event, where the bank says it.
    pub(super) fn transaction(&self) -> Result<Option<TransactionId>, InvalidHeader> {
        let Some(text) = headers::optional(self.request.headers(), TRANSACTION_HEADER)? else {
            return Ok(None);
        };
        TransactionId::parse(text).map(Some).map_err(|_| InvalidHeader::Characters)
    }

    /// `x-lombard-fault`: what is to be wrong with the SET.
    pub(super) fn fault(
        &self,
        faulty_events: FaultyEvents,
    ) -> Result<Option<PermittedFault>, InvalidFault> {
        match headers::optional(self.request.headers(), FAULT_HEADER)? {
            None => Ok(None),
            Some(name) => Ok(Some(faulty_events.permit(name)?)),
        }
    }

    /// The key under which the call may be repeated.
    pub(super) fn idempotency_key(&self) -> Result<Option<IdempotencyKey>, InvalidIdempotencyKey> {
        idempotency_key::read(self.request.headers())
    }

    /// Whom the call is about, as far as it says so: for the log.
    pub(super) fn claimed_client(&self) -> String {
        self.header(DoorHeader::ClientId).unwrap_or_default()
    }

    /// What the log says of the call beside its outcome.
    pub(super) fn subject<'a>(&'a self, client_id: &'a str) -> Subject<'a> {
        Subject { caller: self.user.as_str(), client_id, interaction_id: &self.interaction_id }
    }
}

impl FromRequest for Call {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let user = BankUserName::from_request(request, payload).into_inner();
        let interaction_id = InteractionId::from_request(request, payload).into_inner();
        let version = request.app_data::<web::Data<Version>>().map_or(Version::V3, |data| ***data);
        ready(user.and_then(|user| {
            let interaction_id = interaction_id?;
            Ok(Self { user, version, interaction_id, request: request.clone() })
        }))
    }
}

/// Lombard's own: where the bank says which transaction caused an event.
const TRANSACTION_HEADER: &str = "x-lombard-txn";
/// Lombard's own: what is to be wrong with a SET.
const FAULT_HEADER: &str = "x-lombard-fault";
