//! What every call at these doors brings beside its body.

use super::Version;
use super::headers::{DoorHeader, InvalidHeader};
use crate::audit::Subject;
use crate::bank_user::BankUserName;
use crate::doors::content_type;
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

impl Call {
    /// Whether the body is said to be a form.
    pub(super) fn is_form(&self) -> bool {
        content_type::is(self.request.headers(), "application/x-www-form-urlencoded")
    }

    /// A header of these doors.
    pub(super) fn header(&self, header: DoorHeader) -> Result<String, InvalidHeader> {
        header.read(self.request.headers(), self.version)
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
