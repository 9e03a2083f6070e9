//! JWK members (RFC 7517 §4), read and written.

use crate::public_key::{KeyMembers, PublicKey};
use crate::{Algorithm, KeyError, VerificationKey, thumbprint};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, EllipticCurveKeyParameters,
    EllipticCurveKeyType, Jwk, KeyAlgorithm, PublicKeyUse, RSAKeyParameters, RSAKeyType,
};
use openssl::x509::X509;
use serde_json::{Map, Value};

/// A public key for signatures as a JWKS member (RFC 7517 §4): never a private member.
///
/// Reading one drops members that are not public ones; a stranger's key is judged by
/// [`VerificationKey::from_jwk`](crate::VerificationKey::from_jwk) first.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct PublicJwk(Jwk);

impl PublicJwk {
    pub(crate) fn new(
        key: &PublicKey,
        algorithm: Algorithm,
        key_id: &str,
        certificate_der: Option<&[u8]>,
    ) -> Self {
        let common = CommonParameters {
            public_key_use: Some(PublicKeyUse::Signature),
            key_algorithm: Some(algorithm.into()),
            key_id: Some(key_id.to_owned()),
            x509_chain: certificate_der.map(|der| vec![STANDARD.encode(der)]),
            x509_sha1_fingerprint: certificate_der.map(thumbprint::x5t),
            x509_sha256_fingerprint: certificate_der.map(thumbprint::x5t_s256),
            ..CommonParameters::default()
        };
        Self(Jwk { common, algorithm: key.members().clone().into() })
    }

    /// The key of a DER certificate under the certificate's SHA-1 thumbprint as its `kid`: for PS256
    /// where it is RSA, for ES256 where it is P-256; with `x5t`, `x5t#S256` and `x5c`.
    pub fn of_certificate(der: &[u8]) -> Result<Self, KeyError> {
        let certificate = X509::from_der(der).map_err(|_| KeyError::Malformed("certificate"))?;
        let key = PublicKey::new(certificate.public_key()?)?;
        let algorithm =
            if key.fits(Algorithm::Es256) { Algorithm::Es256 } else { Algorithm::Ps256 };
        Ok(Self::new(&key, algorithm, &thumbprint::x5t(der), Some(der)))
    }

    /// A key of somebody else's under the names that it has.
    #[must_use]
    pub fn of_key(key: &VerificationKey) -> Self {
        let common = CommonParameters {
            public_key_use: Some(PublicKeyUse::Signature),
            key_algorithm: key.algorithm().map(KeyAlgorithm::from),
            key_id: key.key_id().map(str::to_owned),
            x509_sha1_fingerprint: key.x5t().map(str::to_owned),
            x509_sha256_fingerprint: key.x5t_s256().map(str::to_owned),
            ..CommonParameters::default()
        };
        Self(Jwk { common, algorithm: key.public_key().members().clone().into() })
    }

    /// `kid`.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.0.common.key_id.as_deref()
    }

    /// `x5t`, the SHA-1 thumbprint of the certificate.
    #[must_use]
    pub fn x5t(&self) -> Option<&str> {
        self.0.common.x509_sha1_fingerprint.as_deref()
    }

    /// `x5t#S256`, the SHA-256 thumbprint of the certificate.
    #[must_use]
    pub fn x5t_s256(&self) -> Option<&str> {
        self.0.common.x509_sha256_fingerprint.as_deref()
    }

    /// `x5c`, the certificate chain in standard base64 of DER.
    #[must_use]
    pub fn x5c(&self) -> Option<&[String]> {
        self.0.common.x509_chain.as_deref()
    }
}

impl From<Algorithm> for KeyAlgorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Es256 => Self::ES256,
            Algorithm::Ps256 => Self::PS256,
            Algorithm::Rs256 => Self::RS256,
        }
    }
}

impl From<KeyMembers> for AlgorithmParameters {
    fn from(members: KeyMembers) -> Self {
        match members {
            KeyMembers::P256 { x, y } => Self::EllipticCurve(EllipticCurveKeyParameters {
                key_type: EllipticCurveKeyType::EC,
                curve: EllipticCurve::P256,
                x,
                y,
            }),
            KeyMembers::Rsa { e, n } => {
                Self::RSA(RSAKeyParameters { key_type: RSAKeyType::RSA, n, e })
            }
        }
    }
}

/// A stranger's JWK, its member types checked as they are read.
pub(crate) struct ReceivedJwk(Map<String, Value>);

impl ReceivedJwk {
    /// Refuses private and symmetric members in a key of any type and use: whoever sent them has
    /// published a secret.
    pub(crate) fn new(members: Map<String, Value>) -> Result<Self, KeyError> {
        if PRIVATE_MEMBERS.iter().any(|member| members.contains_key(*member)) {
            return Err(KeyError::Private);
        }
        Ok(Self(members))
    }

    /// A text member; one of another type is an error.
    pub(crate) fn text(&self, member: &'static str) -> Result<Option<&str>, KeyError> {
        match self.0.get(member) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(KeyError::Malformed(member)),
        }
    }

    /// A text member that must be there.
    pub(crate) fn required(&self, member: &'static str) -> Result<&str, KeyError> {
        self.text(member)?.ok_or(KeyError::Malformed(member))
    }

    /// A text member that names the key, of 1 to 255 bytes.
    pub(crate) fn name(&self, member: &'static str) -> Result<Option<String>, KeyError> {
        match self.text(member)? {
            Some(name) if !(1..=MAX_NAME).contains(&name.len()) => Err(KeyError::Malformed(member)),
            name => Ok(name.map(str::to_owned)),
        }
    }

    /// Whether the key is for verifying signatures as far as `use` and `key_ops` say
    /// (RFC 7517 §4.2, §4.3).
    pub(crate) fn is_for_verification(&self) -> Result<bool, KeyError> {
        let by_use = self.text("use")?.is_none_or(|declared| declared == "sig");
        let by_operations = match self.0.get("key_ops") {
            None => true,
            Some(Value::Array(operations)) => operations.iter().any(|one| one == "verify"),
            Some(_) => return Err(KeyError::Malformed("key_ops")),
        };
        Ok(by_use && by_operations)
    }
}

/// The private members of every registered key type (RFC 7518 §6.2.2, §6.3.2, §6.4.1; RFC 8037 §2).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Longest `kid` or thumbprint, in bytes.
const MAX_NAME: usize = 255;
