//! The three signature algorithms in OpenSSL (RFC 7518 §3.3 to §3.5).

use crate::Algorithm;
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{HasPublic, PKey, PKeyRef, Private};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer, Verifier};

/// Signs `input`; the bytes of the JWS signature.
pub(crate) fn sign(
    algorithm: Algorithm,
    key: &PKey<Private>,
    input: &[u8],
) -> Result<Vec<u8>, ErrorStack> {
    let mut signer = Signer::new(MessageDigest::sha256(), key)?;
    if algorithm == Algorithm::Ps256 {
        signer.set_rsa_padding(Padding::PKCS1_PSS)?;
        signer.set_rsa_mgf1_md(MessageDigest::sha256())?;
        signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
    }
    let signature = signer.sign_oneshot_to_vec(input)?;
    if algorithm == Algorithm::Es256 { raw_from_der(&signature) } else { Ok(signature) }
}

/// Whether `signature` is `key`'s over `input`; what OpenSSL cannot process is a wrong signature.
pub(crate) fn verify<K: HasPublic>(
    algorithm: Algorithm,
    key: &PKeyRef<K>,
    input: &[u8],
    signature: &[u8],
) -> bool {
    let outcome = match algorithm {
        Algorithm::Es256 => verify_es256(key, input, signature),
        Algorithm::Ps256 | Algorithm::Rs256 => verify_rsa(algorithm, key, input, signature),
    };
    outcome.unwrap_or(false)
}

fn verify_es256<K: HasPublic>(
    key: &PKeyRef<K>,
    input: &[u8],
    signature: &[u8],
) -> Result<bool, ErrorStack> {
    if signature.len() != 2 * SCALAR {
        return Ok(false);
    }
    let (r, s) = signature.split_at(SCALAR);
    let der = EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?
        .to_der()?;
    Verifier::new(MessageDigest::sha256(), key)?.verify_oneshot(&der, input)
}

fn verify_rsa<K: HasPublic>(
    algorithm: Algorithm,
    key: &PKeyRef<K>,
    input: &[u8],
    signature: &[u8],
) -> Result<bool, ErrorStack> {
    // OpenSSL takes a PSS signature without its leading zero byte; RFC 8017 §8.1.2 step 1 does not.
    if signature.len() != key.size() {
        return Ok(false);
    }
    let mut verifier = Verifier::new(MessageDigest::sha256(), key)?;
    if algorithm == Algorithm::Ps256 {
        verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
        verifier.set_rsa_mgf1_md(MessageDigest::sha256())?;
        // Exactly 32 bytes (RFC 7518 §3.5), not whatever the signature holds.
        verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
    }
    verifier.verify_oneshot(signature, input)
}

/// JWS writes an ECDSA signature as R and S of 32 octets each (RFC 7518 §3.4), OpenSSL as DER.
fn raw_from_der(der: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let signature = EcdsaSig::from_der(der)?;
    let mut raw = signature.r().to_vec_padded(32)?;
    raw.extend(signature.s().to_vec_padded(32)?);
    Ok(raw)
}

/// Octets of a P-256 scalar.
const SCALAR: usize = 32;
