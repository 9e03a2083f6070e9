//! The little DER (X.690) that extensions without a builder in OpenSSL's binding need.

use crate::IssueError;
use openssl::asn1::{Asn1Object, Asn1OctetString};
use openssl::x509::X509Extension;

/// A SEQUENCE of `parts`.
pub(crate) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    value(0x30, &parts.concat())
}

/// An INTEGER of at least zero.
pub(crate) fn integer(number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
    // A first bit that is set would make it negative.
    let sign: &[u8] = if bytes[first] >= 0x80 { &[0] } else { &[] };
    value(0x02, &[sign, &bytes[first..]].concat())
}

/// A `UTF8String`.
pub(crate) fn utf8(text: &str) -> Vec<u8> {
    value(0x0c, text.as_bytes())
}

/// A primitive value of the context-specific tag `number`.
pub(crate) fn context(number: u8, content: &[u8]) -> Vec<u8> {
    value(0x80 | number, content)
}

/// A constructed value of the context-specific tag `number`.
pub(crate) fn context_constructed(number: u8, content: &[u8]) -> Vec<u8> {
    value(0xa0 | number, content)
}

/// An OBJECT IDENTIFIER from its dotted form.
pub(crate) fn object_identifier(dotted: &str) -> Result<Vec<u8>, IssueError> {
    Ok(value(0x06, Asn1Object::from_str(dotted)?.as_slice()))
}

/// An extension, not critical, whose value is `content`.
pub(crate) fn extension(dotted: &str, content: &[u8]) -> Result<X509Extension, IssueError> {
    let (name, content) =
        (Asn1Object::from_str(dotted)?, Asn1OctetString::new_from_bytes(content)?);
    Ok(X509Extension::new_from_der(&name, false, &content)?)
}

fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let first = length.iter().position(|byte| *byte != 0).unwrap_or(length.len() - 1);
    let length = &length[first..];
    let mut written = vec![tag];
    if let ([short @ 0..=0x7f], true) = (length, length.len() == 1) {
        written.push(*short);
    } else {
        // A usize has eight octets at most.
        written.push(0x80 | u8::try_from(length.len()).unwrap_or(8));
        written.extend(length);
    }
    written.extend(content);
    written
}

#[cfg(test)]
mod tests {
    use super::{integer, value};

    #[test]
    fn an_integer_is_as_short_as_possible_and_never_negative() {
        assert_eq!(integer(0), [2, 1, 0]);
        assert_eq!(integer(0x7f), [2, 1, 0x7f]);
        assert_eq!(integer(0x80), [2, 2, 0, 0x80]);
        assert_eq!(integer(0x0100), [2, 2, 1, 0]);
    }

    #[test]
    fn a_length_of_more_than_127_has_a_length_of_its_own() {
        assert_eq!(value(4, &[7; 127])[..2], [4, 127]);
        assert_eq!(value(4, &[7; 128])[..3], [4, 0x81, 128]);
        assert_eq!(value(4, &[7; 300])[..4], [4, 0x82, 1, 44]);
    }
}
