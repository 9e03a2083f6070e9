//! The header field in which a peer that ended TLS passes the client's certificate on
//! (RFC 9440 §2.2): `Client-Cert: :BASE64:`, a byte sequence of RFC 8941 §3.3.5 that holds DER.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The field's name.
pub const NAME: &str = "client-cert";

/// Bytes of a certificate, above which it is not passed on: far more than any TPP's has, and little
/// enough for the limits of every request head.
pub const LARGEST_CERTIFICATE: usize = 12 * 1024;

/// Why a field was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHeader {
    /// No such field.
    #[error("the field is missing")]
    Missing,
    /// The field more than once: nobody can say which one counts.
    #[error("the field is repeated")]
    Repeated,
    /// More than [`LARGEST_CERTIFICATE`].
    #[error("the certificate is too large")]
    TooLarge,
    /// Anything but one non-empty byte sequence.
    #[error("the field is not one byte sequence")]
    Malformed,
}

/// The field's value for a certificate in DER.
#[must_use]
pub fn format(der: &[u8]) -> String {
    format!(":{}:", STANDARD.encode(der))
}

/// The certificate (DER, unverified) in the field's only value.
///
/// Stricter than RFC 8941 allows a reader to be, because only our own [`format()`] writes it: padding
/// must be there, spare bits zero, no parameters, no space around.
pub fn parse<'v>(values: impl IntoIterator<Item = &'v [u8]>) -> Result<Vec<u8>, InvalidHeader> {
    let mut values = values.into_iter();
    let value = values.next().ok_or(InvalidHeader::Missing)?;
    if values.next().is_some() {
        return Err(InvalidHeader::Repeated);
    }
    if value.len() > LARGEST_CERTIFICATE.div_ceil(3) * 4 + 2 {
        return Err(InvalidHeader::TooLarge);
    }
    let base64 = value.strip_prefix(b":").and_then(|value| value.strip_suffix(b":"));
    let der = STANDARD.decode(base64.ok_or(InvalidHeader::Malformed)?);
    der.ok().filter(|der| !der.is_empty()).ok_or(InvalidHeader::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse_one(value: &str) -> Result<Vec<u8>, InvalidHeader> {
        parse([value.as_bytes()])
    }

    #[test]
    fn one_byte_sequence_is_read() {
        assert_eq!(parse_one(":MAA=:"), Ok(vec![0x30, 0x00]));
    }

    #[test]
    fn anything_but_one_byte_sequence_is_malformed() {
        for value in [
            "",
            ":",
            "::",
            "MAA=",
            ":MAA=",
            "MAA=:",
            ":MAA:",
            ":MAB=:",
            ":MAA==:",
            ":MA A=:",
            " :MAA=:",
            ":MAA=: ",
            ":MAA=:;a=1",
            ":MAA=:, :MAA=:",
            ":MAA=::MAA=:",
            "(:MAA=:)",
            "\"MAA=\"",
            ":-_-_:",
            ":%4d%41%41%3d:",
            ":-----BEGIN CERTIFICATE-----:",
            ":MAA=:\r\n:MAA=:",
            ":M\u{ff21}A=:",
        ] {
            assert_eq!(parse_one(value), Err(InvalidHeader::Malformed), "{value:?}");
        }
    }

    #[test]
    fn the_field_must_be_there_once() {
        assert_eq!(parse([]), Err(InvalidHeader::Missing));
        assert_eq!(parse([&b":MAA=:"[..], b":MAA=:"]), Err(InvalidHeader::Repeated));
        assert_eq!(parse([&b":MAA=:"[..], b""]), Err(InvalidHeader::Repeated));
    }

    #[test]
    fn the_largest_certificate_passes_and_one_more_group_does_not() {
        assert_eq!(parse_one(&format(&[1; LARGEST_CERTIFICATE])), Ok(vec![1; LARGEST_CERTIFICATE]));
        let larger = format(&[1; LARGEST_CERTIFICATE + 1]);
        assert_eq!(parse_one(&larger), Err(InvalidHeader::TooLarge));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(der in prop::collection::vec(any::<u8>(), 1..2048)) {
            prop_assert_eq!(parse_one(&format(&der)), Ok(der));
        }

        #[test]
        fn what_is_read_was_written_so(value in ":[A-Za-z0-9+/=]{0,12}:") {
            if let Ok(der) = parse_one(&value) {
                prop_assert_eq!(format(&der), value);
            }
        }

        #[test]
        fn no_value_breaks_the_reader(value in prop::collection::vec(any::<u8>(), 0..256)) {
            let _ = parse([value.as_slice()]);
        }
    }
}
