//! Certificate signing requests (PKCS#10, RFC 2986): of a stranger's request only its key is taken.

use crate::{IssueError, PrivateKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Public};
use openssl::x509::{X509Name, X509Req};

/// A request whose signature was verified with the key it brings: its sender has the private half.
#[derive(Clone, Debug)]
pub struct SigningRequest {
    pub(crate) key: PKey<Public>,
}

/// Why a certificate signing request is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Not PEM, or not a PKCS#10 request.
    #[error("not a PKCS#10 request in PEM")]
    Malformed,
    /// Not signed with the key it brings.
    #[error("its signature is not of its own key")]
    Signature,
    /// Neither RSA of 2048 to 4096 bits nor P-256.
    #[error("its key is neither RSA of 2048 to 4096 bits nor P-256")]
    UnacceptableKey,
}

impl SigningRequest {
    /// Reads PEM; the subject and the extensions it asks for are ignored.
    pub fn from_pem(pem: &str) -> Result<Self, RequestError> {
        let request = X509Req::from_pem(pem.as_bytes()).map_err(|_| RequestError::Malformed)?;
        let key = request.public_key().map_err(|_| RequestError::UnacceptableKey)?;
        // The size of a stranger's number is the cost of verifying with it.
        if !is_acceptable(&key) {
            return Err(RequestError::UnacceptableKey);
        }
        match request.verify(&key) {
            Ok(true) => Ok(Self { key }),
            Ok(false) | Err(_) => Err(RequestError::Signature),
        }
    }

    /// A new request of `key` for `CN=<common name>`, PEM.
    pub fn make(key: &PrivateKey, common_name: &str) -> Result<String, IssueError> {
        let mut name = X509Name::builder()?;
        name.append_entry_by_nid(Nid::COMMONNAME, common_name)
            .map_err(|_| IssueError::Unrepresentable("name"))?;
        let mut builder = X509Req::builder()?;
        builder.set_subject_name(&name.build())?;
        builder.set_pubkey(&key.key)?;
        builder.sign(&key.key, MessageDigest::sha256())?;
        String::from_utf8(builder.build().to_pem()?)
            .map_err(|_| IssueError::Unreadable("signing request"))
    }
}

fn is_acceptable(key: &PKey<Public>) -> bool {
    match key.id() {
        Id::RSA => (2048..=4096).contains(&key.bits()),
        Id::EC => {
            key.ec_key().is_ok_and(|key| key.group().curve_name() == Some(Nid::X9_62_PRIME256V1))
        }
        _ => false,
    }
}
