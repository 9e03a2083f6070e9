//! `application/x-www-form-urlencoded` bodies, read strictly: every field once, real UTF-8.

mod error;

pub(crate) use error::FormError;

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::{Bytes, Payload};
use std::borrow::Cow;

/// The most bytes a form may have.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;
/// The most fields a form may have; repeats are found by comparing each with each.
const FIELD_LIMIT: usize = 32;

/// A form, borrowed from its body.
#[derive(Debug)]
pub(crate) struct Form<'b> {
    fields: Vec<(Cow<'b, str>, Cow<'b, str>)>,
}

impl<'b> Form<'b> {
    /// The form that `request` brings in its `body`. RFC 6749 §2.3.1: credentials must not be in the
    /// request URI. None is read from there, and a client that tries is told.
    pub(crate) fn of(request: &HttpRequest, body: &'b [u8]) -> Result<Self, FormError> {
        if request.uri().query().is_some() {
            return Err(FormError::Query);
        }
        let content_type =
            request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Self::parse(content_type, body)
    }

    /// Parses `body`; no field stands there twice, known to us or not.
    pub(crate) fn parse(content_type: Option<&str>, body: &'b [u8]) -> Result<Self, FormError> {
        if !content_type.is_some_and(is_form) {
            return Err(FormError::ContentType);
        }
        let mut fields: Vec<(Cow<'b, str>, Cow<'b, str>)> = Vec::with_capacity(8);
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let (name, value) = split_pair(pair);
            let name = decode(name)?;
            if fields.iter().any(|(known, _)| *known == name) {
                return Err(FormError::Repeated);
            }
            if fields.len() == FIELD_LIMIT {
                return Err(FormError::TooManyFields);
            }
            fields.push((name, decode(value)?));
        }
        Ok(Self { fields })
    }

    /// The value of `name`; one without a value counts as omitted (RFC 6749 §3.2).
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_ref())
            .filter(|value| !value.is_empty())
    }

    /// All fields in their order.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }
}

/// Reads a body of at most [`BODY_LIMIT`] bytes.
pub(crate) async fn read(payload: Payload) -> Result<Bytes, FormError> {
    match payload.to_bytes_limited(BODY_LIMIT).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) => Err(match error.as_error::<PayloadError>() {
            Some(PayloadError::Io(io)) if io.kind() == std::io::ErrorKind::TimedOut => {
                FormError::Timeout
            }
            Some(PayloadError::Overflow) => FormError::TooLarge,
            _ => FormError::Aborted,
        }),
        Err(_) => Err(FormError::TooLarge),
    }
}

/// The media type with, at most, the parameter `charset=utf-8`.
fn is_form(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        && parts.filter(|parameter| !parameter.is_empty()).all(is_utf8_charset)
}

fn is_utf8_charset(parameter: &str) -> bool {
    parameter.split_once('=').is_none_or(|(name, value)| {
        !name.eq_ignore_ascii_case("charset")
            || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    })
}

fn split_pair(pair: &[u8]) -> (&[u8], &[u8]) {
    match pair.iter().position(|byte| *byte == b'=') {
        Some(at) => (&pair[..at], &pair[at + 1..]),
        None => (pair, &[]),
    }
}

/// Undoes the encoding of a name or a value.
pub(crate) fn decode(raw: &[u8]) -> Result<Cow<'_, str>, FormError> {
    if !raw.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return std::str::from_utf8(raw).map(Cow::Borrowed).map_err(|_| FormError::Encoding);
    }
    let mut decoded = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(bytes.next())? << 4 | hex_digit(bytes.next())?,
            other => *other,
        });
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| FormError::Encoding)
}

fn hex_digit(byte: Option<&u8>) -> Result<u8, FormError> {
    match byte {
        Some(digit @ b'0'..=b'9') => Ok(digit - b'0'),
        Some(digit @ b'a'..=b'f') => Ok(digit - b'a' + 10),
        Some(digit @ b'A'..=b'F') => Ok(digit - b'A' + 10),
        _ => Err(FormError::Encoding),
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, FormError};
    use proptest::prelude::*;

    const FORM: Option<&str> = Some("application/x-www-form-urlencoded");

    #[test]
    fn a_field_that_stands_there_twice_is_refused_even_when_nobody_reads_it() {
        assert_eq!(Form::parse(FORM, b"a=1&a=1").unwrap_err(), FormError::Repeated);
        assert_eq!(Form::parse(FORM, b"scope=1&sc%6fpe=").unwrap_err(), FormError::Repeated);
    }

    #[test]
    fn broken_escapes_and_broken_utf8_are_refused() {
        for body in [&b"a=%"[..], b"a=%4", b"a=%4g", b"a=%ff", b"%c3=1", b"a=\xff"] {
            assert_eq!(Form::parse(FORM, body).unwrap_err(), FormError::Encoding, "{body:?}");
        }
    }

    #[test]
    fn other_media_types_are_refused() {
        for content_type in [
            None,
            Some(""),
            Some("application/json"),
            Some("multipart/form-data; boundary=x"),
            Some("application/x-www-form-urlencodedx"),
            Some("application/x-www-form-urlencoded; charset=iso-8859-1"),
        ] {
            assert_eq!(Form::parse(content_type, b"").unwrap_err(), FormError::ContentType);
        }
    }

    #[test]
    fn thirty_three_fields_are_refused() {
        let body = (0..33).map(|n| format!("f{n}=1")).collect::<Vec<_>>().join("&");
        assert_eq!(Form::parse(FORM, body.as_bytes()).unwrap_err(), FormError::TooManyFields);
    }

    #[test]
    fn values_are_decoded_and_empty_ones_count_as_omitted() {
        let form = Form::parse(
            Some("Application/X-WWW-Form-Urlencoded; charset=\"UTF-8\""),
            b"scope=a+b%20c&empty=&none&%C3%A9=%c3%a9&&x=a=b",
        )
        .unwrap();
        assert_eq!(form.value("scope"), Some("a b c"));
        assert_eq!(form.value("empty"), None);
        assert_eq!(form.value("none"), None);
        assert_eq!(form.value("\u{e9}"), Some("\u{e9}"));
        assert_eq!(form.value("x"), Some("a=b"));
        assert_eq!(form.value("absent"), None);
    }

    proptest! {
        #[test]
        fn no_body_makes_the_parser_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Form::parse(FORM, &body);
        }

        #[test]
        fn what_is_encoded_is_read_back(value in "\\PC{1,40}") {
            let body = format!(
                "v={}",
                percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC)
            );
            let form = Form::parse(FORM, body.as_bytes()).unwrap();
            prop_assert_eq!(form.value("v"), Some(value.as_str()));
        }
    }
}
