//! Sealing of private keys at rest (AES-256-GCM).

use crate::thumbprint::hex;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};
use zeroize::Zeroizing;

/// The key that seals the signing keys kept in the databases.
pub struct MasterKey {
    bytes: Zeroizing<[u8; 32]>,
}

/// Why a sealed value could not be made or opened: wrong key, wrong context or damage.
#[derive(Debug, thiserror::Error)]
#[error("the sealed value cannot be opened with this master key")]
pub struct SealingError;

impl MasterKey {
    /// A new random key.
    ///
    /// # Panics
    ///
    /// When the operating system has no randomness.
    #[must_use]
    pub fn generate() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        fill(bytes.as_mut_slice());
        Self { bytes }
    }

    /// Reads a key file: 32 bytes as 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, SealingError> {
        let digits = text.trim_ascii().as_bytes();
        if digits.len() != 64 {
            return Err(SealingError);
        }
        let mut bytes = Zeroizing::new([0; 32]);
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self { bytes })
    }

    /// The key file's content.
    #[must_use]
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex(self.bytes.as_slice()))
    }

    /// Seals `plain` for `context` (authenticated, not stored): nonce, ciphertext and tag in one.
    ///
    /// # Panics
    ///
    /// When the operating system has no randomness or OpenSSL no AES.
    #[must_use]
    pub fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        // Random nonces are safe for 2^32 values under one key (NIST SP 800-38D §8.3); a deployment
        // seals a few a year.
        let mut sealed = vec![0; NONCE];
        fill(&mut sealed);
        let mut tag = [0; TAG];
        #[expect(clippy::expect_used, reason = "fails only in an OpenSSL built without AES-GCM")]
        let ciphertext = encrypt_aead(
            Cipher::aes_256_gcm(),
            self.bytes.as_slice(),
            Some(&sealed),
            context.as_bytes(),
            plain,
            &mut tag,
        )
        .expect("key, nonce and tag have the cipher's lengths");
        sealed.extend(ciphertext);
        sealed.extend(tag);
        sealed
    }

    /// Opens what [`Self::seal`] made for the same context.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        let (nonce, rest) = sealed.split_at_checked(NONCE).ok_or(SealingError)?;
        let (ciphertext, tag) = rest
            .len()
            .checked_sub(TAG)
            .and_then(|length| rest.split_at_checked(length))
            .ok_or(SealingError)?;
        decrypt_aead(
            Cipher::aes_256_gcm(),
            self.bytes.as_slice(),
            Some(nonce),
            context.as_bytes(),
            ciphertext,
            tag,
        )
        .map(Zeroizing::new)
        .map_err(|_| SealingError)
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey")
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "keys and nonces come from OpenSSL's own generator, never from a Random that a test seeds"
)]
#[expect(clippy::expect_used, reason = "without randomness there is nothing safe to go on with")]
fn fill(bytes: &mut [u8]) {
    openssl::rand::rand_bytes(bytes).expect("the operating system has randomness");
}

fn digit(character: u8) -> Result<u8, SealingError> {
    let value = char::from(character).to_digit(16).ok_or(SealingError)?;
    u8::try_from(value).map_err(|_| SealingError)
}

const NONCE: usize = 12;
const TAG: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_with_the_same_key_and_context() {
        let key = MasterKey::generate();
        let sealed = key.seal("token-key 1", b"secret");
        assert!(MasterKey::generate().open("token-key 1", &sealed).is_err());
        assert!(key.open("token-key 2", &sealed).is_err());
        assert_eq!(key.open("token-key 1", &sealed).unwrap().as_slice(), b"secret");
    }

    #[test]
    fn a_sealed_value_with_any_bit_changed_or_any_byte_cut_off_is_refused() {
        let key = MasterKey::generate();
        let sealed = key.seal("c", b"secret");
        for bit in 0..sealed.len() * 8 {
            let mut damaged = sealed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(key.open("c", &damaged).is_err(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(key.open("c", &sealed[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn the_same_value_is_sealed_differently_each_time_and_never_shows() {
        let key = MasterKey::generate();
        let (one, two) = (key.seal("c", b"secret"), key.seal("c", b"secret"));
        assert_ne!(one, two);
        assert_eq!(one.len(), NONCE + 6 + TAG);
        assert!(!one.windows(6).any(|window| window == b"secret"));
        assert_eq!(key.open("c", &key.seal("c", b"")).unwrap().as_slice(), b"");
    }

    #[test]
    fn a_key_file_is_sixty_four_hexadecimal_digits() {
        let long = "0".repeat(65);
        let sign = "+1".repeat(32);
        for refused in ["", "00", &long[..63], &long, &sign, &"é".repeat(32), &"g".repeat(64)] {
            assert!(MasterKey::from_hex(refused).is_err(), "{refused}");
        }
        let key = MasterKey::generate();
        let again = MasterKey::from_hex(&format!("{}\n", key.to_hex().as_str())).unwrap();
        assert_eq!(*again.to_hex(), *key.to_hex());
        assert_eq!(format!("{key:?}"), "MasterKey");
    }
}
