//! The form of a token request.

use super::error::{AuthenticationFailure, RequestDefect, TokenError};
use crate::form::Form;
use actix_web::HttpRequest;
use actix_web::http::header;

/// The only grant of the endpoint (RFC 6749 §4.4).
pub(crate) const GRANT_TYPE: &str = "client_credentials";
/// The only kind of client assertion (RFC 7523 §2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client-credentials request with exactly one means of authentication, a JWT. Fields it does not
/// know (the toolkit sends `redirect_uri`) are tolerated.
#[derive(Debug)]
pub(super) struct ParsedTokenRequest<'b> {
    form: Form<'b>,
}

impl<'b> ParsedTokenRequest<'b> {
    /// Reads the request's head and `body`.
    pub(super) fn parse(request: &HttpRequest, body: &'b [u8]) -> Result<Self, TokenError> {
        // RFC 6749 §2.3.1: credentials must not be in the request URI. None is read from there, and
        // a client that tries is told.
        if request.uri().query().is_some() {
            return Err(RequestDefect::Query.into());
        }
        let content_type =
            request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let form = Form::parse(content_type, body)?;
        require_one_method(request, &form)?;
        match form.value("grant_type") {
            Some(GRANT_TYPE) => {}
            Some(_) => return Err(TokenError::UnsupportedGrantType),
            None => return Err(RequestDefect::NoGrantType.into()),
        }
        Ok(Self { form })
    }

    /// `client_id`, which RFC 7521 §4.2 makes optional.
    pub(super) fn client_id(&self) -> Option<&str> {
        self.form.value("client_id")
    }

    /// `client_assertion`, of the right type.
    pub(super) fn assertion(&self) -> Result<&str, AuthenticationFailure> {
        let assertion = self.form.value("client_assertion").ok_or(AuthenticationFailure::None)?;
        match self.form.value("client_assertion_type") {
            Some(ASSERTION_TYPE) => Ok(assertion),
            _ => Err(AuthenticationFailure::AssertionType),
        }
    }

    /// `scope`.
    pub(super) fn scope(&self) -> Option<&str> {
        self.form.value("scope")
    }
}

/// More than one method is an invalid request (RFC 6749 §2.3); one that is not ours fails to
/// authenticate.
fn require_one_method(request: &HttpRequest, form: &Form<'_>) -> Result<(), TokenError> {
    let header = request.headers().contains_key(header::AUTHORIZATION);
    let secret = form.value("client_secret").is_some();
    let assertion = form.value("client_assertion").is_some();
    match (header, secret, assertion) {
        (true, false, false) => Err(TokenError::unauthenticated(AuthenticationFailure::Header)),
        (false, true, false) => Err(TokenError::unauthenticated(AuthenticationFailure::Secret)),
        (false, false, _) => Ok(()),
        _ => Err(RequestDefect::SeveralMethods.into()),
    }
}
