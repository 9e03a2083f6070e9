//! What every call brings beside its body.

use crate::audit::Subject;
use crate::bank_user::BankUserName;
use crate::doors::idempotency_key;
use crate::event::{IdempotencyKey, InvalidIdempotencyKey};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use service_kit::InteractionId;
use std::future::{Ready, ready};

/// A call of a bank user or of the operator.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) user: BankUserName,
    interaction_id: InteractionId,
    pub(super) request: HttpRequest,
}

impl Call {
    /// The key under which the call may be repeated.
    pub(super) fn idempotency_key(&self) -> Result<Option<IdempotencyKey>, InvalidIdempotencyKey> {
        idempotency_key::read(self.request.headers())
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
        ready(user.and_then(|user| {
            Ok(Self { user, interaction_id: interaction_id?, request: request.clone() })
        }))
    }
}
