//! Private keys of certificates.

use crate::IssueError;
use zeroize::Zeroizing;

/// What kind of key to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// ECDSA P-256.
    P256,
    /// RSA-2048.
    Rsa2048,
}

/// A private key.
#[derive(Clone)]
pub struct PrivateKey {
    pub(crate) key: openssl::pkey::PKey<openssl::pkey::Private>,
}

impl PrivateKey {
    /// A new key.
    pub fn generate(kind: KeyKind) -> Result<Self, IssueError> {
        let _ = kind;
        todo!()
    }

    /// Reads PKCS#8 PEM.
    pub fn from_pem(pem: &str) -> Result<Self, IssueError> {
        let _ = pem;
        todo!()
    }

    /// PKCS#8 PEM.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, IssueError> {
        let _ = &self.key;
        todo!()
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey")
    }
}
