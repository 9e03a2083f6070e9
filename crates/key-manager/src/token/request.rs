//! The form of a token request.

use super::error::TokenError;
use crate::form::Form;

/// The only grant of the endpoint (RFC 6749 §4.4).
pub(crate) const GRANT_TYPE: &str = "client_credentials";

/// A client-credentials request. Fields it does not know (the toolkit sends `redirect_uri`) are
/// tolerated.
#[derive(Debug)]
pub(super) struct TokenRequest<'r> {
    scope: Option<&'r str>,
}

impl<'r> TokenRequest<'r> {
    /// Reads `form`.
    pub(super) fn parse(form: &'r Form<'_>) -> Result<Self, TokenError> {
        match form.value("grant_type") {
            Some(GRANT_TYPE) => Ok(Self { scope: form.value("scope") }),
            Some(_) => Err(TokenError::UnsupportedGrantType),
            None => Err(TokenError::NoGrantType),
        }
    }

    /// `scope`.
    pub(super) fn scope(&self) -> Option<&'r str> {
        self.scope
    }
}
