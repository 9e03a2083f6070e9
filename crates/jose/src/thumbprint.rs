//! Thumbprints of certificates and keys.

use crate::Algorithm;

/// base64url of the SHA-1 of a certificate's DER (RFC 7515 §4.1.7).
#[must_use]
pub fn x5t(certificate_der: &[u8]) -> String {
    let _ = certificate_der;
    todo!()
}

/// base64url of the SHA-256 of a certificate's DER (RFC 8705 §3.1).
#[must_use]
pub fn x5t_s256(certificate_der: &[u8]) -> String {
    let _ = certificate_der;
    todo!()
}

/// The toolkit's header `x5t`: base64url of the lower-case hexadecimal SHA-1.
#[must_use]
pub fn toolkit_x5t(certificate_der: &[u8]) -> String {
    let _ = certificate_der;
    todo!()
}

/// The toolkit's `kid`: base64url of the lower-case hexadecimal SHA-256, `_`, the algorithm.
#[must_use]
pub fn toolkit_key_id(certificate_der: &[u8], algorithm: Algorithm) -> String {
    let _ = (certificate_der, algorithm);
    todo!()
}

/// base64url of the SHA-256 of `bytes`: a cache key that is not the secret itself.
#[must_use]
pub fn sha256_base64url(bytes: &[u8]) -> String {
    let _ = bytes;
    todo!()
}
