//! Keys of nobody: a refusal that has no key to try must not be quicker than one that has.

use jose::{Algorithm, KeyError, UnverifiedJws, VerificationKey};

/// Public keys whose private halves were thrown away.
#[derive(Debug)]
pub(crate) struct DecoyKeys {
    p256: VerificationKey,
    rsa: VerificationKey,
}

impl DecoyKeys {
    /// Reads them, once.
    pub(crate) fn new() -> Result<Self, KeyError> {
        Ok(Self { p256: VerificationKey::from_jwk(P256)?, rsa: VerificationKey::from_jwk(RSA)? })
    }

    /// Verifies `jws` in vain.
    pub(super) fn try_on(&self, jws: UnverifiedJws) {
        let key = match jws.header().algorithm {
            Algorithm::Es256 => &self.p256,
            Algorithm::Ps256 | Algorithm::Rs256 => &self.rsa,
        };
        // Whatever it says: nobody is let in by it.
        std::hint::black_box(jws.verify(key).is_ok());
    }
}

const P256: &str = concat!(
    r#"{"kty":"EC","crv":"P-256","x":"0y8xjnh-xVuoXSp6gPh1f9ZQ_15P-B8lWDbeopzriPE","#,
    r#""y":"GCDOT4baKxc9EswjYnmVjAS3W7HQP9IXn147tXXPv1w"}"#,
);

const RSA: &str = concat!(
    r#"{"kty":"RSA","e":"AQAB","n":""#,
    "qUVqcPvm4alvniPq1EPiWmTOjlnwW92JWT8NfB8-kyMUoZA292M-Oo0dN4Ty_7tM2QNjP13AZpM5MvxS",
    "nmxYA0zPt_mk0WjT__JFMxpedtQ6EIemZIyVJe1H1X6y9X4kU9Y4mg1S3hcqJDf29oAiiNep5ns8iFrs",
    "OveEz3snh6TL2EB4zotS4MnyV8rD6sY2dB1zx5lqia6EWeQAf_kIM5GyOFeUtNF6n2eemRZE3adSIQCi",
    "VRpqt9JnqVE_R2iKI8-pymcsH0PURy9VBTDASJnBSqODs7n5742aZzQ8JQgmfZXmX9nukVUfBQJz_Ygn",
    "cC0SD3Tkc7jT7GeZpaLqUQ",
    r#""}"#,
);

#[cfg(test)]
mod tests {
    use super::DecoyKeys;
    use jose::Algorithm;

    #[test]
    fn there_is_a_decoy_for_every_algorithm() {
        let decoys = DecoyKeys::new().unwrap();
        assert!(decoys.p256.fits(Algorithm::Es256));
        assert!(decoys.rsa.fits(Algorithm::Ps256) && decoys.rsa.fits(Algorithm::Rs256));
    }
}
