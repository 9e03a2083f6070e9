//! Who may change what the directory holds.

use crate::error::ApiError;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use service_kit::PresentedCertificate;
use service_kit::access::CallerRole;
use std::future::{Ready, ready};

/// The proof that the caller has shown the operator's service certificate; an extractor. The
/// listener has no table of callers, because its documents are for everybody: each door of the REST
/// API asks for this.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operator(());

impl FromRequest for Operator {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let presented = PresentedCertificate::from_request(request, payload).into_inner();
        ready(match presented {
            Ok(PresentedCertificate::Trusted(certificate)) => match CallerRole::of(&certificate) {
                Some(CallerRole::Operator) => Ok(Self(())),
                _ => Err(ApiError::Forbidden),
            },
            Ok(PresentedCertificate::Missing | PresentedCertificate::Rejected(_)) => {
                Err(ApiError::Unauthenticated)
            }
        })
    }
}
