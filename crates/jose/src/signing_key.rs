//! Private keys that sign.

use crate::{Algorithm, KeyError, VerificationKey};
use zeroize::Zeroizing;

/// A private key with the algorithm it signs with and the `kid` it is published under.
#[derive(Clone)]
pub struct SigningKey {
    key_id: String,
    algorithm: Algorithm,
}

/// The members of a protected header beside `alg`, which the key supplies. Written in the order
/// `x5t`, `kid`, `typ`, the extras, `alg`: the toolkit's.
#[derive(Clone, Debug, Default)]
pub struct SigningHeader {
    /// `x5t`.
    pub x5t: Option<String>,
    /// `kid`.
    pub key_id: Option<String>,
    /// `typ`.
    pub token_type: Option<String>,
    /// Further members, `crit` included.
    pub extra: serde_json::Map<String, serde_json::Value>,
}

/// A public key as a JWKS member (RFC 7517 §4): never a private member.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PublicJwk {
    /// `kty`.
    pub kty: String,
    /// `use`, `sig`.
    #[serde(rename = "use")]
    pub public_key_use: String,
    /// `alg`.
    pub alg: Algorithm,
    /// `kid`.
    pub kid: String,
    /// RSA modulus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// RSA exponent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// Curve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// EC x coordinate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// EC y coordinate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// SHA-1 thumbprint of the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x5t: Option<String>,
    /// SHA-256 thumbprint of the certificate.
    #[serde(rename = "x5t#S256", skip_serializing_if = "Option::is_none")]
    pub x5t_s256: Option<String>,
    /// Certificate chain, standard base64 of DER.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x5c: Option<Vec<String>>,
}

impl SigningKey {
    /// A new key: RSA-2048, or P-256 for ES256. Its `kid` is the RFC 7638 thumbprint.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let _ = algorithm;
        todo!()
    }

    /// Reads a PKCS#8 PEM private key. Its `kid` is the RFC 7638 thumbprint.
    pub fn from_pem(pem: &str, algorithm: Algorithm) -> Result<Self, KeyError> {
        let _ = (pem, algorithm);
        todo!()
    }

    /// The same key published under another `kid`.
    #[must_use]
    pub fn with_key_id(self, key_id: impl Into<String>) -> Self {
        Self { key_id: key_id.into(), ..self }
    }

    /// PKCS#8 PEM of the private key.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        todo!()
    }

    /// The `kid`.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public half as a JWKS member; `certificate_der` adds `x5t`, `x5t#S256` and `x5c`.
    #[must_use]
    pub fn public_jwk(&self, certificate_der: Option<&[u8]>) -> PublicJwk {
        let _ = certificate_der;
        todo!()
    }

    /// The public half for verification.
    #[must_use]
    pub fn verification_key(&self) -> VerificationKey {
        todo!()
    }

    /// Signs `payload` under `header` plus `alg`; a compact JWS.
    pub fn sign(&self, header: &SigningHeader, payload: &[u8]) -> Result<String, KeyError> {
        let _ = (header, payload);
        todo!()
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}
