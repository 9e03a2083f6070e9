//! Private keys of certificates.

use crate::IssueError;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
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
    pub(crate) key: PKey<Private>,
}

impl PrivateKey {
    /// A new key.
    pub fn generate(kind: KeyKind) -> Result<Self, IssueError> {
        let mut context = PkeyCtx::new_id(match kind {
            KeyKind::P256 => Id::EC,
            KeyKind::Rsa2048 => Id::RSA,
        })?;
        context.keygen_init()?;
        match kind {
            KeyKind::P256 => context.set_ec_paramgen_curve_nid(Nid::X9_62_PRIME256V1)?,
            KeyKind::Rsa2048 => context.set_rsa_keygen_bits(2048)?,
        }
        Ok(Self { key: context.keygen()? })
    }

    /// Reads PKCS#8 PEM.
    pub fn from_pem(pem: &str) -> Result<Self, IssueError> {
        // Without a callback OpenSSL would ask the terminal for the passphrase of an encrypted key.
        let key = PKey::private_key_from_pem_callback(pem.as_bytes(), |_| Ok(0))
            .map_err(|_| IssueError::Unreadable("private key"))?;
        Ok(Self { key })
    }

    /// PKCS#8 PEM.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, IssueError> {
        let pem = Zeroizing::new(self.key.private_key_to_pem_pkcs8()?);
        let text = std::str::from_utf8(&pem).map_err(|_| IssueError::Unreadable("private key"))?;
        Ok(Zeroizing::new(text.to_owned()))
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey")
    }
}
