//! Private keys that sign.

use crate::public_key::PublicKey;
use crate::{Algorithm, KeyError, PublicJwk, SigningHeader, VerificationKey, base64url, signature};
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use zeroize::Zeroizing;

/// A private key with the algorithm it signs with and the `kid` it is published under.
#[derive(Clone)]
pub struct SigningKey {
    key: PKey<Private>,
    public: PublicKey,
    key_id: String,
    algorithm: Algorithm,
}

/// A private key with the protected header of everything it signs, encoded once.
#[derive(Clone, Debug)]
pub struct Signer {
    key: SigningKey,
    header: String,
}

impl SigningKey {
    /// A new key: RSA-2048, or P-256 for ES256. Its `kid` is the RFC 7638 thumbprint.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let mut context = match algorithm {
            Algorithm::Es256 => PkeyCtx::new_id(Id::EC)?,
            Algorithm::Ps256 | Algorithm::Rs256 => PkeyCtx::new_id(Id::RSA)?,
        };
        context.keygen_init()?;
        match algorithm {
            Algorithm::Es256 => context.set_ec_paramgen_curve_nid(Nid::X9_62_PRIME256V1)?,
            Algorithm::Ps256 | Algorithm::Rs256 => context.set_rsa_keygen_bits(2048)?,
        }
        Self::new(context.keygen()?, algorithm)
    }

    /// Reads a PKCS#8 PEM private key. Its `kid` is the RFC 7638 thumbprint.
    pub fn from_pem(pem: &str, algorithm: Algorithm) -> Result<Self, KeyError> {
        // Without a callback OpenSSL would ask the terminal for the passphrase of an encrypted key.
        let key = PKey::private_key_from_pem_callback(pem.as_bytes(), |_| Ok(0))
            .map_err(|_| KeyError::Malformed("private key"))?;
        Self::new(key, algorithm)
    }

    fn new(key: PKey<Private>, algorithm: Algorithm) -> Result<Self, KeyError> {
        let public = PublicKey::new(PKey::public_key_from_der(&key.public_key_to_der()?)?)?;
        if !public.fits(algorithm) {
            return Err(KeyError::Unacceptable("a type that does not fit the algorithm"));
        }
        Ok(Self { key_id: public.thumbprint(), key, public, algorithm })
    }

    /// The same key published under another `kid`.
    #[must_use]
    pub fn with_key_id(self, key_id: impl Into<String>) -> Self {
        Self { key_id: key_id.into(), ..self }
    }

    /// The same key, of the same `kid`, for another algorithm of its type.
    pub fn with_algorithm(self, algorithm: Algorithm) -> Result<Self, KeyError> {
        if !self.public.fits(algorithm) {
            return Err(KeyError::Unacceptable("a type that does not fit the algorithm"));
        }
        Ok(Self { algorithm, ..self })
    }

    /// PKCS#8 PEM of the private key.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let pem = Zeroizing::new(self.key.private_key_to_pem_pkcs8()?);
        let text = std::str::from_utf8(&pem).map_err(|_| KeyError::Malformed("private key"))?;
        Ok(Zeroizing::new(text.to_owned()))
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
        PublicJwk::new(&self.public, self.algorithm, &self.key_id, certificate_der)
    }

    /// The public half for verification.
    #[must_use]
    pub fn verification_key(&self) -> VerificationKey {
        let key_id = Some(self.key_id.clone());
        VerificationKey::new(self.public.clone(), Some(self.algorithm), key_id)
    }

    /// Signs `payload` under `header` plus `alg`; a compact JWS.
    pub fn sign(&self, header: &SigningHeader, payload: &[u8]) -> Result<String, KeyError> {
        self.sign_under(&base64url::encode(header.to_json(self.algorithm)?), payload)
    }

    /// Signs `content` under `header` plus `alg`; a compact JWS without its second part, for a
    /// receiver that has the content (RFC 7515 appendix F).
    pub fn sign_detached(
        &self,
        header: &SigningHeader,
        content: &[u8],
    ) -> Result<String, KeyError> {
        let whole = self.sign(header, content)?;
        let (header, rest) = whole.split_once('.').unwrap_or_default();
        let (_, signature) = rest.split_once('.').unwrap_or_default();
        Ok(format!("{header}..{signature}"))
    }

    /// The key with one header for all its signatures.
    pub fn signer(self, header: &SigningHeader) -> Result<Signer, KeyError> {
        let header = base64url::encode(header.to_json(self.algorithm)?);
        Ok(Signer { key: self, header })
    }

    /// The bare signature over `input`, as a JWS has it (RFC 7518 §3): the arithmetic of [`sign`]
    /// and nothing else, for benchmarks.
    ///
    /// [`sign`]: Self::sign
    pub fn signature(&self, input: &[u8]) -> Result<Vec<u8>, KeyError> {
        Ok(signature::sign(self.algorithm, &self.key, input)?)
    }

    fn sign_under(&self, header: &str, payload: &[u8]) -> Result<String, KeyError> {
        // Four characters for three octets, and a signature of at most 512.
        let length = header.len() + payload.len().div_ceil(3) * 4 + 690;
        let mut compact = String::with_capacity(length);
        compact.push_str(header);
        compact.push('.');
        base64url::encode_onto(&mut compact, payload);
        let signature = self.signature(compact.as_bytes())?;
        compact.push('.');
        base64url::encode_onto(&mut compact, signature);
        Ok(compact)
    }
}

impl Signer {
    /// Signs `payload`; a compact JWS.
    pub fn sign(&self, payload: &[u8]) -> Result<String, KeyError> {
        self.key.sign_under(&self.header, payload)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}
