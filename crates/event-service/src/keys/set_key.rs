//! One RSA key under each algorithm that profiles ask for.

use jose::{Algorithm, KeyError, SigningKey};

/// An RSA key for RS256 and, under a `kid` of its own, for PS256: a JWK names one algorithm, so that
/// receivers find it twice.
#[derive(Debug)]
pub(crate) struct SetKey {
    rs256: SigningKey,
    ps256: SigningKey,
}

impl SetKey {
    /// The key as both.
    pub(super) fn new(key: SigningKey) -> Result<Self, KeyError> {
        let key_id = format!("{}_{}", key.key_id(), Algorithm::Ps256);
        let ps256 = key.clone().with_algorithm(Algorithm::Ps256)?.with_key_id(key_id);
        Ok(Self { rs256: key.with_algorithm(Algorithm::Rs256)?, ps256 })
    }

    /// The name under which it is kept: the `kid` for RS256.
    pub(crate) fn key_id(&self) -> &str {
        self.rs256.key_id()
    }

    /// For RS256.
    pub(crate) fn rs256(&self) -> &SigningKey {
        &self.rs256
    }

    /// For PS256.
    pub(crate) fn ps256(&self) -> &SigningKey {
        &self.ps256
    }
}

#[cfg(test)]
mod tests {
    use super::SetKey;
    use jose::{Algorithm, SigningKey};

    #[test]
    fn one_key_has_a_kid_for_each_algorithm() {
        let key = SetKey::new(SigningKey::generate(Algorithm::Rs256).unwrap()).unwrap();
        assert_eq!(key.rs256().algorithm(), Algorithm::Rs256);
        assert_eq!(key.ps256().algorithm(), Algorithm::Ps256);
        assert_eq!(key.ps256().key_id(), format!("{}_PS256", key.key_id()));
        let thumbprints = [key.rs256(), key.ps256()].map(|key| key.verification_key().thumbprint());
        assert_eq!(thumbprints[0], thumbprints[1]);
    }

    #[test]
    fn a_key_that_is_not_rsa_is_refused() {
        assert!(SetKey::new(SigningKey::generate(Algorithm::Es256).unwrap()).is_err());
    }
}
