//! Certificate authorities.

use crate::{KeyKind, LeafProfile, PrivateKey, Validity};

/// Why a certificate could not be issued or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// A name or time that a certificate cannot hold.
    #[error("a certificate cannot hold this {0}")]
    Unrepresentable(&'static str),
    /// Not PEM, or not the expected object.
    #[error("unreadable {0}")]
    Unreadable(&'static str),
    /// OpenSSL failed.
    #[error("cryptographic library failure")]
    Crypto(#[from] openssl::error::ErrorStack),
}

/// A certificate authority: certificate and key, and the chain above it.
#[derive(Clone, Debug)]
pub struct CertificateAuthority {
    #[expect(dead_code, reason = "read by issue")]
    key: PrivateKey,
}

/// A certificate with its key.
#[derive(Clone, Debug)]
pub struct IssuedCertificate {
    /// The leaf, PEM.
    pub certificate_pem: String,
    /// The leaf followed by the intermediates, without the root, PEM.
    pub chain_pem: String,
    /// The leaf, DER.
    pub certificate_der: Vec<u8>,
    /// The key.
    pub key: PrivateKey,
}

impl CertificateAuthority {
    /// A self-signed root named `common_name` (`O=OpenBanking, C=GB` beside it).
    pub fn new_root(
        common_name: &str,
        kind: KeyKind,
        validity: Validity,
    ) -> Result<Self, IssueError> {
        let _ = (common_name, kind, validity);
        todo!()
    }

    /// An issuing authority below this one.
    pub fn new_issuing(
        &self,
        common_name: &str,
        kind: KeyKind,
        validity: Validity,
    ) -> Result<Self, IssueError> {
        let _ = (common_name, kind, validity);
        todo!()
    }

    /// Reads an authority back; `certificate_pem` holds its certificate, then those above it.
    pub fn from_pem(certificate_pem: &str, key_pem: &str) -> Result<Self, IssueError> {
        let _ = (certificate_pem, key_pem);
        todo!()
    }

    /// The authority's own certificate, PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        todo!()
    }

    /// The authority's key.
    #[must_use]
    pub fn key(&self) -> &PrivateKey {
        todo!()
    }

    /// Issues a leaf with a new key.
    pub fn issue(
        &self,
        profile: &LeafProfile,
        kind: KeyKind,
        validity: Validity,
    ) -> Result<IssuedCertificate, IssueError> {
        let _ = (profile, kind, validity);
        todo!()
    }
}
