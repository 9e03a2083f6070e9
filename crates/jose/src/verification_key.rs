//! Public keys that verify, parsed once.

use crate::jwk::ReceivedJwk;
use crate::public_key::PublicKey;
use crate::{Algorithm, from_str_strict, thumbprint};
use openssl::x509::X509;

/// A public key: RSA of 2048 to 4096 bits with e = 65537, or P-256.
#[derive(Clone)]
pub struct VerificationKey {
    key: PublicKey,
    algorithm: Option<Algorithm>,
    key_id: Option<String>,
    x5t: Option<String>,
    x5t_s256: Option<String>,
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
        let members =
            from_str_strict(json).map_err(|_| KeyError::Malformed("not a JSON object"))?;
        Self::from_received(&ReceivedJwk::new(members)?)?
            .ok_or(KeyError::Unacceptable("not a signature key of a supported type"))
    }

    /// The key of a DER certificate.
    pub fn from_certificate(der: &[u8]) -> Result<Self, KeyError> {
        let certificate = X509::from_der(der).map_err(|_| KeyError::Malformed("certificate"))?;
        // Bytes after the certificate would change its thumbprints, not its key.
        if certificate.to_der()? != der {
            return Err(KeyError::Malformed("certificate"));
        }
        let key = certificate.public_key().map_err(|_| KeyError::Malformed("certificate"))?;
        Ok(Self {
            x5t: Some(thumbprint::x5t(der)),
            x5t_s256: Some(thumbprint::x5t_s256(der)),
            ..Self::new(PublicKey::new(key)?, None, None)
        })
    }

    pub(crate) fn new(
        key: PublicKey,
        algorithm: Option<Algorithm>,
        key_id: Option<String>,
    ) -> Self {
        Self { key, algorithm, key_id, x5t: None, x5t_s256: None }
    }

    /// `None` for a well-formed key that Lombard has no use for: another use, type or algorithm.
    pub(crate) fn from_received(jwk: &ReceivedJwk) -> Result<Option<Self>, KeyError> {
        let key_type = jwk.required("kty")?;
        if !jwk.is_for_verification()? {
            return Ok(None);
        }
        let Ok(algorithm) = jwk.text("alg")?.map(str::parse::<Algorithm>).transpose() else {
            return Ok(None);
        };
        let key = match key_type {
            "RSA" => PublicKey::from_rsa(jwk.required("n")?, jwk.required("e")?)?,
            "EC" if jwk.required("crv")? == "P-256" => {
                PublicKey::from_p256(jwk.required("x")?, jwk.required("y")?)?
            }
            "EC" if algorithm.is_some() => {
                return Err(KeyError::Unacceptable("a curve that does not fit the alg"));
            }
            _ => return Ok(None),
        };
        if algorithm.is_some_and(|algorithm| !key.fits(algorithm)) {
            return Err(KeyError::Unacceptable("a type that does not fit the alg"));
        }
        let (x5t, x5t_s256) = (jwk.name("x5t")?, jwk.name("x5t#S256")?);
        Ok(Some(Self { x5t, x5t_s256, ..Self::new(key, algorithm, jwk.name("kid")?) }))
    }

    /// `kid`.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// `x5t`: SHA-1 thumbprint of the key's certificate.
    #[must_use]
    pub fn x5t(&self) -> Option<&str> {
        self.x5t.as_deref()
    }

    /// `x5t#S256`: SHA-256 thumbprint of the key's certificate.
    #[must_use]
    pub fn x5t_s256(&self) -> Option<&str> {
        self.x5t_s256.as_deref()
    }

    /// `alg`, where it has one.
    pub(crate) fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    pub(crate) fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// Whether the key can verify `algorithm`: its type fits, and its `alg` where it has one.
    #[must_use]
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        self.key.fits(algorithm) && self.algorithm.is_none_or(|own| own == algorithm)
    }

    /// RFC 7638 thumbprint, base64url of SHA-256.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        self.key.thumbprint()
    }

    /// Whether `signature` over `input` is this key's; for benchmarks. Tokens go through
    /// [`UnverifiedJws`](crate::UnverifiedJws).
    #[must_use]
    pub fn verify(&self, algorithm: Algorithm, input: &[u8], signature: &[u8]) -> bool {
        self.key.verify(algorithm, input, signature)
    }
}

impl std::fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerificationKey")
            .field("key_id", &self.key_id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
