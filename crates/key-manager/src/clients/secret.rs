//! Secrets of clients: drawn here, shown once, kept as a hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use service_kit::Random;
use std::fmt;

/// What every secret begins with, so that people and scanners recognise one. It never changes.
const PREFIX: &str = "lombard_cs_";

/// A secret as its client gets it, once.
pub(crate) struct PlainSecret(String);

/// A secret as it is kept: base64url of its SHA-256. It has 256 random bits, so that nothing slower
/// is needed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SecretHash(String);

impl PlainSecret {
    /// A new secret of 256 random bits.
    pub(crate) fn draw(random: &dyn Random) -> Self {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The secret, for the answer to its registration.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> SecretHash {
        SecretHash(jose::sha256_base64url(self.0.as_bytes()))
    }
}

impl SecretHash {
    /// The hash in a column.
    pub(crate) fn from_column(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// One that no secret has; comparing with it takes as long as with any other.
    pub(crate) fn of_nothing() -> Self {
        Self("-".repeat(43))
    }

    /// The hash, for a column.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the hash of `secret`, in a time that does not depend on how much of it is.
    pub(crate) fn is_of(&self, secret: &str) -> bool {
        jose::equal_in_constant_time(
            jose::sha256_base64url(secret.as_bytes()).as_bytes(),
            self.0.as_bytes(),
        )
    }
}

impl fmt::Debug for PlainSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hash of a secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::{PREFIX, PlainSecret, SecretHash};
    use service_kit::SystemRandom;

    #[test]
    fn a_secret_is_recognised_by_its_hash_and_no_other_is() {
        let (secret, other) = (PlainSecret::draw(&SystemRandom), PlainSecret::draw(&SystemRandom));
        let kept = SecretHash::from_column(secret.hash().as_str());
        assert!(kept.is_of(secret.expose()));
        for wrong in [other.expose(), "", PREFIX, kept.as_str(), &secret.expose()[1..]] {
            assert!(!kept.is_of(wrong));
            assert!(!SecretHash::of_nothing().is_of(wrong));
        }
    }

    #[test]
    fn a_secret_has_a_recognisable_beginning_and_256_bits() {
        let secret = PlainSecret::draw(&SystemRandom);
        assert_eq!(secret.expose().strip_prefix(PREFIX).unwrap().len(), 43);
    }

    #[test]
    fn neither_form_is_printed() {
        let secret = PlainSecret::draw(&SystemRandom);
        assert_eq!(format!("{secret:?} {:?}", secret.hash()), "[secret] [hash of a secret]");
    }
}
