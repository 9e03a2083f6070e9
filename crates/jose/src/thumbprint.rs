//! Thumbprints of certificates and keys.

use crate::{Algorithm, base64url};
use openssl::sha::sha1;
use std::fmt::Write;

/// base64url of the SHA-1 of a certificate's DER (RFC 7515 §4.1.7).
#[must_use]
pub fn x5t(certificate_der: &[u8]) -> String {
    base64url::encode(sha1(certificate_der))
}

/// base64url of the SHA-256 of a certificate's DER (RFC 8705 §3.1).
#[must_use]
pub fn x5t_s256(certificate_der: &[u8]) -> String {
    sha256_base64url(certificate_der)
}

/// The toolkit's header `x5t`: base64url of the lower-case hexadecimal SHA-1.
#[must_use]
pub fn toolkit_x5t(certificate_der: &[u8]) -> String {
    base64url::encode(hex(&sha1(certificate_der)))
}

/// The toolkit's `kid`: base64url of the lower-case hexadecimal SHA-256, `_`, the algorithm.
#[must_use]
pub fn toolkit_key_id(certificate_der: &[u8], algorithm: Algorithm) -> String {
    format!("{}_{algorithm}", base64url::encode(hex(&sha256(certificate_der))))
}

/// The SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    openssl::sha::sha256(bytes)
}

/// base64url of the SHA-256 of `bytes`: a cache key that is not the secret itself.
#[must_use]
pub fn sha256_base64url(bytes: &[u8]) -> String {
    base64url::encode(sha256(bytes))
}

/// Whether `left` and `right` are equal, in a time that depends on their lengths alone.
#[must_use]
pub fn equal_in_constant_time(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && openssl::memcmp::eq(left, right)
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x5t_is_the_sha_1_and_x5t_s256_the_sha_256_of_the_bytes() {
        assert_eq!(x5t(b"abc"), "qZk-NkcGgWq6PiVxeFDCbJzQ2J0");
        assert_eq!(x5t_s256(b"abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    }

    #[test]
    fn bytes_are_equal_whole_or_not_at_all() {
        assert!(equal_in_constant_time(b"abc", b"abc"));
        assert!(!equal_in_constant_time(b"abc", b"abd"));
        assert!(!equal_in_constant_time(b"abc", b"ab"));
    }

    #[test]
    fn the_toolkit_encodes_the_hexadecimal_digits_again() {
        assert_eq!(
            toolkit_x5t(b"abc"),
            base64url::encode("a9993e364706816aba3e25717850c26c9cd0d89d")
        );
        assert_eq!(
            toolkit_key_id(b"abc", Algorithm::Rs256),
            base64url::encode("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
                + "_RS256"
        );
    }
}
