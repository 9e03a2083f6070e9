//! The body of a registration request: one compact JWS.

use super::error::RegisterError;
use crate::form;
use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::{Bytes, Payload};

/// Proof that a body of an accepted type and size, ASCII alone, was received whole.
#[derive(Debug)]
pub(super) struct RequestBody(String);

impl RequestBody {
    /// Judges what was received.
    pub(super) fn accept(
        request: &HttpRequest,
        body: Result<Bytes, form::FormError>,
    ) -> Result<Self, RegisterError> {
        let body = body?;
        let mut types = request.headers().get_all(header::CONTENT_TYPE);
        let is_jws = types.next().and_then(|value| value.to_str().ok()).is_some_and(is_jws);
        if !is_jws || types.next().is_some() {
            return Err(RegisterError::ContentType);
        }
        if !body.is_ascii() {
            return Err(RegisterError::MalformedRequest);
        }
        let text = String::from_utf8(body.to_vec()).map_err(|_| RegisterError::MalformedRequest)?;
        Ok(Self(text))
    }

    /// The compact JWS; space around it is the doing of tools that end a text with a newline.
    pub(super) fn compact(&self) -> &str {
        self.0.trim_ascii()
    }
}

/// Reads the body, whatever it is: an answer to an unread body closes the connection.
pub(super) async fn read(payload: Payload) -> Result<Bytes, form::FormError> {
    form::read(payload).await
}

/// `application/jwt` or `application/jose` in any charset that has ASCII as its lower half.
fn is_jws(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    MEDIA_TYPES.iter().any(|known| known.eq_ignore_ascii_case(media_type))
        && parts.filter(|parameter| !parameter.is_empty()).all(is_ascii_compatible)
}

fn is_ascii_compatible(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return false };
    if !name.trim().eq_ignore_ascii_case("charset") {
        return true;
    }
    let value = value.trim().trim_matches('"').to_ascii_lowercase();
    ["utf-8", "us-ascii"].contains(&value.as_str())
        || value.starts_with("iso-8859-")
        || value.starts_with("windows-125")
}

const MEDIA_TYPES: [&str; 2] = ["application/jwt", "application/jose"];

#[cfg(test)]
mod tests {
    use super::is_jws;

    #[test]
    fn other_types_and_charsets_that_are_not_ascii_below_are_refused() {
        for content_type in [
            "",
            "application/json",
            "application/jwtx",
            "application/jose+json",
            "text/plain",
            "application/jwt; charset=utf-16",
            "application/jwt; charset=",
            "application/jwt; charset",
            "application/jose; charset=IBM037",
            "application/jwt, application/jose",
        ] {
            assert!(!is_jws(content_type), "{content_type:?}");
        }
    }

    #[test]
    fn the_toolkits_type_and_the_conformance_tools_are_accepted() {
        for content_type in [
            "application/jwt",
            "Application/JOSE",
            "application/jwt; charset=ISO-8859-1",
            "application/jwt;charset=\"utf-8\"",
            "application/jose; charset=us-ascii; version=1",
            "application/jwt;",
        ] {
            assert!(is_jws(content_type), "{content_type:?}");
        }
    }
}
