//! JWK members (RFC 7517 §4), read and written.

use crate::public_key::{KeyMembers, PublicKey};
use crate::{Algorithm, KeyError, thumbprint};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

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

impl PublicJwk {
    pub(crate) fn new(
        key: &PublicKey,
        algorithm: Algorithm,
        key_id: &str,
        certificate_der: Option<&[u8]>,
    ) -> Self {
        let (kty, [n, e, crv, x, y]) = match key.members().clone() {
            KeyMembers::P256 { x, y } => {
                ("EC", [None, None, Some("P-256".to_owned()), Some(x), Some(y)])
            }
            KeyMembers::Rsa { e, n } => ("RSA", [Some(n), Some(e), None, None, None]),
        };
        Self {
            kty: kty.to_owned(),
            public_key_use: "sig".to_owned(),
            alg: algorithm,
            kid: key_id.to_owned(),
            n,
            e,
            crv,
            x,
            y,
            x5t: certificate_der.map(thumbprint::x5t),
            x5t_s256: certificate_der.map(thumbprint::x5t_s256),
            x5c: certificate_der.map(|der| vec![STANDARD.encode(der)]),
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
