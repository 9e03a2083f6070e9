//! What a request brings to authenticate its client.

use super::error::{AuthenticationError, AuthenticationFailure};
use crate::form::{self, Form};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;

/// The only kind of client assertion (RFC 7523 §2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The credentials of a request, by exactly one method; none but an assertion says by itself whose
/// they are.
pub(crate) enum Credentials<'r> {
    /// `client_assertion` (RFC 7521 §4.2), which makes `client_id` optional.
    Assertion { client_id: Option<&'r str>, assertion: &'r str },
    /// The transport certificate alone (RFC 8705 §2).
    Certificate { client_id: &'r str },
    /// A secret, by Basic or in the form (RFC 6749 §2.3.1).
    Secret { client_id: Cow<'r, str>, secret: Cow<'r, str>, by_basic: bool },
}

impl<'r> Credentials<'r> {
    /// Reads the credentials of a request with these headers and this form. More than one method is
    /// an invalid request (RFC 6749 §2.3).
    pub(crate) fn read(
        headers: &HeaderMap,
        form: &'r Form<'r>,
    ) -> Result<Self, AuthenticationError> {
        let header = headers.get(header::AUTHORIZATION);
        let secret = form.value("client_secret");
        let assertion = form.value("client_assertion");
        let client_id = form.value("client_id");
        let refused = |failure| AuthenticationError::refused(client_id, failure);
        match (header, secret, assertion) {
            (Some(header), None, None) => {
                Self::basic(header, client_id).map_err(|failure| refused(failure).with_challenge())
            }
            (None, Some(secret), None) => {
                let client_id = client_id.ok_or_else(|| refused(AuthenticationFailure::Secret))?;
                let (client_id, secret) = (Cow::Borrowed(client_id), Cow::Borrowed(secret));
                Ok(Self::Secret { client_id, secret, by_basic: false })
            }
            (None, None, Some(assertion)) => match form.value("client_assertion_type") {
                Some(ASSERTION_TYPE) => Ok(Self::Assertion { client_id, assertion }),
                _ => Err(refused(AuthenticationFailure::AssertionType)),
            },
            (None, None, None) => match client_id {
                Some(client_id) => Ok(Self::Certificate { client_id }),
                None => Err(refused(AuthenticationFailure::None)),
            },
            _ => Err(AuthenticationError::SeveralMethods),
        }
    }

    /// The client id that the request names, which nobody has checked.
    pub(super) fn claimed(&self) -> Option<&str> {
        match self {
            Self::Assertion { client_id, .. } => *client_id,
            Self::Certificate { client_id } => Some(client_id),
            Self::Secret { client_id, .. } => Some(client_id),
        }
    }

    /// Id and secret are form-encoded inside of Basic (RFC 6749 §2.3.1); a `client_id` in the form
    /// must be the same.
    fn basic(header: &HeaderValue, client_id: Option<&str>) -> Result<Self, AuthenticationFailure> {
        let pair = basic_pair(header).ok_or(AuthenticationFailure::Header)?;
        let (id, secret) = pair.split_once(':').ok_or(AuthenticationFailure::Header)?;
        let decode = |text: &str| {
            let decoded = form::decode(text.as_bytes()).map(Cow::into_owned);
            decoded.map_err(|_| AuthenticationFailure::Header)
        };
        let (id, secret) = (decode(id)?, decode(secret)?);
        if client_id.is_some_and(|named| named != id) {
            return Err(AuthenticationFailure::Header);
        }
        Ok(Self::Secret { client_id: id.into(), secret: secret.into(), by_basic: true })
    }
}

/// `user:password` of the scheme Basic (RFC 7617 §2).
pub(crate) fn basic_pair(header: &HeaderValue) -> Option<String> {
    let (scheme, encoded) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    String::from_utf8(STANDARD.decode(encoded.trim_matches(' ')).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(header: &str, client_id: Option<&str>) -> Option<(String, String)> {
        let header = HeaderValue::from_str(header).unwrap();
        match Credentials::basic(&header, client_id).ok()? {
            Credentials::Secret { client_id, secret, by_basic: true } => {
                Some((client_id.into_owned(), secret.into_owned()))
            }
            _ => None,
        }
    }

    #[test]
    fn what_is_no_basic_header_is_refused() {
        for header in ["", "Basic", "Basic ", "Basic !", "Bearer YTpi", "Basic YWI=", "Basic /w=="]
        {
            assert_eq!(secret(header, None), None, "{header}");
        }
        assert_eq!(secret("Basic YTpi", Some("b")), None);
    }

    #[test]
    fn id_and_secret_are_decoded_once() {
        let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(secret("Basic YTpi", None), pair("a", "b"));
        assert_eq!(secret("basic YTpi", Some("a")), pair("a", "b"));
        let encoded = STANDARD.encode("a%2Eb:x%3A+y:z");
        assert_eq!(secret(&format!("Basic {encoded}"), None), pair("a.b", "x: y:z"));
    }
}
