//! The form field `request`: JSON in base64, in every disguise that clients have sent it in.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use url::form_urlencoded;

/// Why there is no usable `request` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidField {
    /// No form, or a form without it.
    #[error("no request field")]
    Missing,
    /// Not base64 of UTF-8 text.
    #[error("the request field is not base64")]
    NotBase64,
    /// Twice, so that nobody can say which one counts.
    #[error("repeated request field")]
    Repeated,
}

/// The text in the `request` field of a form; empty where the field is blank.
///
/// Taken as well as standard base64: base64url, missing padding, line breaks (also the two
/// characters backslash and `r` or `n`), one pair of brackets around it, and spaces where a form
/// decoder has read a raw `+`.
pub(super) fn decode(form: &[u8]) -> Result<String, InvalidField> {
    let mut fields = form_urlencoded::parse(form).filter(|(name, _)| name == "request");
    let (_, value) = fields.next().ok_or(InvalidField::Missing)?;
    if fields.next().is_some() {
        return Err(InvalidField::Repeated);
    }
    let bytes = LENIENT.decode(standard(&value)).map_err(|_| InvalidField::NotBase64)?;
    String::from_utf8(bytes).map_err(|_| InvalidField::NotBase64)
}

/// The value in the standard alphabet. Spaces at the ends were never a `+`: no JSON text begins or
/// ends with a byte that base64 writes so.
fn standard(value: &str) -> String {
    let value = value.replace("\\r", "").replace("\\n", "").replace(['\r', '\n'], "");
    let value = value.trim();
    let value = value.strip_prefix('[').unwrap_or(value);
    let value = value.strip_suffix(']').unwrap_or(value).trim();
    let padding = value.trim_end_matches('=');
    padding.replace([' ', '-'], "+").replace('_', "/")
}

/// Without padding, and not minding bits after the last byte.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[cfg(test)]
mod tests {
    use super::{InvalidField, decode};
    use base64::Engine as _;
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use url::form_urlencoded::byte_serialize;

    /// The value as each kind of client sends it.
    fn disguises(json: &str) -> Vec<String> {
        let standard = BASE64_STANDARD.encode(json);
        let wrapped: Vec<&str> =
            standard.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let percent = |value: &str| byte_serialize(value.as_bytes()).collect::<String>();
        vec![
            percent(&standard),
            standard.clone(),
            percent(standard.trim_end_matches('=')),
            BASE64_URL_SAFE.encode(json),
            BASE64_URL_SAFE_NO_PAD.encode(json),
            percent(&wrapped.join("\r\n")),
            percent(&format!("{}\n", wrapped.join("\n"))),
            percent(&wrapped.join("\\r\\n")),
            percent(&format!("[{standard}]")),
            percent(&format!("  [{standard}]\r\n")),
        ]
    }

    proptest! {
        #[test]
        fn every_disguise_decodes_to_the_text_that_was_encoded(text in "\\PC{0,200}") {
            let json = serde_json::to_string(&serde_json::json!({ "t": { "x": text } })).unwrap();
            for value in disguises(&json) {
                prop_assert_eq!(decode(format!("request={value}").as_bytes()), Ok(json.clone()));
            }
        }

        #[test]
        fn no_form_is_too_strange_to_be_answered(form in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&form);
            let _ = decode(&[b"request=", form.as_slice()].concat());
        }
    }

    #[test]
    fn a_form_without_the_field_has_no_payload() {
        for form in ["", "other=e30", "Request=e30", "&&", "requests=e30"] {
            assert_eq!(decode(form.as_bytes()), Err(InvalidField::Missing), "{form}");
        }
    }

    #[test]
    fn a_repeated_field_is_refused() {
        assert_eq!(decode(b"request=e30%3D&request=e30%3D"), Err(InvalidField::Repeated));
    }

    #[test]
    fn a_blank_field_decodes_to_nothing() {
        for form in ["request", "request=", "request=%20", "request=%5B%5D", "request=%0D%0A"] {
            assert_eq!(decode(form.as_bytes()), Ok(String::new()), "{form}");
        }
    }

    #[test]
    fn what_is_not_base64_of_utf_8_is_refused() {
        for form in [
            "request={}",
            "request=e30!",
            "request=e",
            "request=%ff%fe",
            "request=/w==",
            "request=e3=0",
        ] {
            assert_eq!(decode(form.as_bytes()), Err(InvalidField::NotBase64), "{form}");
        }
    }
}
