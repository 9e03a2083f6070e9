//! Sealing of private keys at rest (AES-256-GCM).

/// The key that seals the signing keys kept in the databases.
pub struct MasterKey {
    #[expect(dead_code, reason = "read by seal")]
    bytes: zeroize::Zeroizing<[u8; 32]>,
}

/// Why a sealed value could not be made or opened: wrong key, wrong context or damage.
#[derive(Debug, thiserror::Error)]
#[error("the sealed value cannot be opened with this master key")]
pub struct SealingError;

impl MasterKey {
    /// A new random key.
    #[must_use]
    pub fn generate() -> Self {
        todo!()
    }

    /// Reads a key file: 32 bytes as 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, SealingError> {
        let _ = text;
        todo!()
    }

    /// The key file's content.
    #[must_use]
    pub fn to_hex(&self) -> zeroize::Zeroizing<String> {
        todo!()
    }

    /// Seals `plain` for `context` (authenticated, not stored): nonce, ciphertext and tag in one.
    #[must_use]
    pub fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        let _ = (context, plain);
        todo!()
    }

    /// Opens what [`Self::seal`] made for the same context.
    pub fn open(
        &self,
        context: &str,
        sealed: &[u8],
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, SealingError> {
        let _ = (context, sealed);
        todo!()
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey")
    }
}
