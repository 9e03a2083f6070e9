//! Public keys that verify, parsed once.

use crate::Algorithm;

/// A public key: RSA of 2048 to 4096 bits with e = 65537, or P-256.
#[derive(Clone, Debug)]
pub struct VerificationKey {
    key_id: Option<String>,
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Two keys of a set share a `kid`.
    #[error("repeated kid")]
    RepeatedKeyId,
    /// Not a key or key set of the expected form.
    #[error("malformed key: {0}")]
    Malformed(&'static str),
    /// A private or symmetric member where only public keys belong.
    #[error("private key material in a public key")]
    Private,
    /// Too small, too large, a bad exponent, a foreign curve or a point off it.
    #[error("unacceptable key: {0}")]
    Unacceptable(&'static str),
    /// OpenSSL failed.
    #[error("cryptographic library failure")]
    Crypto(#[from] openssl::error::ErrorStack),
}

impl VerificationKey {
    /// Reads one JWK.
    pub fn from_jwk(json: &str) -> Result<Self, KeyError> {
        let _ = json;
        todo!()
    }

    /// The key of a DER certificate.
    pub fn from_certificate(der: &[u8]) -> Result<Self, KeyError> {
        let _ = der;
        todo!()
    }

    /// `kid`.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// Whether the key can verify `algorithm`: its type fits, and its `alg` where it has one.
    #[must_use]
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        let _ = algorithm;
        todo!()
    }

    /// RFC 7638 thumbprint, base64url of SHA-256.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        todo!()
    }
}
