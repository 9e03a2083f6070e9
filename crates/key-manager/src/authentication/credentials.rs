//! What a request brings to authenticate its client.

use super::error::{AuthenticationError, AuthenticationFailure};
use crate::form::Form;
use actix_web::http::header::{self, HeaderMap};

/// The only kind of client assertion (RFC 7523 §2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The credentials of a request, by exactly one method.
#[derive(Debug)]
pub(crate) struct Credentials<'r> {
    form: &'r Form<'r>,
}

impl<'r> Credentials<'r> {
    /// Reads the credentials of a request with these headers and this form. More than one method is
    /// an invalid request (RFC 6749 §2.3); one that is not ours fails to authenticate.
    pub(crate) fn read(
        headers: &HeaderMap,
        form: &'r Form<'r>,
    ) -> Result<Self, AuthenticationError> {
        let header = headers.contains_key(header::AUTHORIZATION);
        let secret = form.value("client_secret").is_some();
        let assertion = form.value("client_assertion").is_some();
        match (header, secret, assertion) {
            (true, false, false) => {
                Err(AuthenticationError::refused(None, AuthenticationFailure::Header))
            }
            (false, true, false) => {
                Err(AuthenticationError::refused(None, AuthenticationFailure::Secret))
            }
            (false, false, _) => Ok(Self { form }),
            _ => Err(AuthenticationError::SeveralMethods),
        }
    }

    /// `client_id`, which RFC 7521 §4.2 makes optional.
    pub(super) fn client_id(&self) -> Option<&'r str> {
        self.form.value("client_id")
    }

    /// `client_assertion`, of the right type.
    pub(super) fn assertion(&self) -> Result<&'r str, AuthenticationFailure> {
        let assertion = self.form.value("client_assertion").ok_or(AuthenticationFailure::None)?;
        match self.form.value("client_assertion_type") {
            Some(ASSERTION_TYPE) => Ok(assertion),
            _ => Err(AuthenticationFailure::AssertionType),
        }
    }
}
