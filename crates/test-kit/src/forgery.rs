//! Compact JWS as attackers and careless clients write them: any header, any payload, any signature.

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer};

/// What stands in the third part.
#[derive(Clone, Copy, Debug)]
pub enum ForgedSignature<'k> {
    /// These bytes.
    Bytes(&'k [u8]),
    /// HMAC with SHA-256, keyed with these bytes.
    Hs256(&'k [u8]),
    /// RSASSA-PSS with SHA-256 by this PKCS#8 PEM key.
    Ps256(&'k str),
    /// RSASSA-PKCS1-v1_5 with SHA-256 by this PKCS#8 PEM key.
    Rs256(&'k str),
}

/// `header` and `payload` as they are given, encoded and signed, whatever they say.
#[must_use]
pub fn forged_jws(
    header: &str,
    payload: impl AsRef<[u8]>,
    signature: ForgedSignature<'_>,
) -> String {
    let input = format!("{}.{}", base64url(header.as_bytes()), base64url(payload.as_ref()));
    let signature = signature.over(input.as_bytes());
    format!("{input}.{}", base64url(&signature))
}

/// Unpadded base64url.
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    openssl::base64::encode_block(bytes).replace('+', "-").replace('/', "_").replace('=', "")
}

/// The public half of a PKCS#8 PEM key: `SubjectPublicKeyInfo`, DER.
#[must_use]
pub fn public_key_der(private_key_pem: &str) -> Vec<u8> {
    private_key(private_key_pem).public_key_to_der().expect("a key has a public half")
}

/// The public half of a PKCS#8 PEM key: `SubjectPublicKeyInfo`, PEM.
#[must_use]
pub fn public_key_pem(private_key_pem: &str) -> Vec<u8> {
    private_key(private_key_pem).public_key_to_pem().expect("a key has a public half")
}

impl ForgedSignature<'_> {
    fn over(self, input: &[u8]) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes.to_vec(),
            Self::Hs256(secret) => {
                sign(&PKey::hmac(secret).expect("any bytes are a key"), None, input)
            }
            Self::Ps256(pem) => sign(&private_key(pem), Some(Padding::PKCS1_PSS), input),
            Self::Rs256(pem) => sign(&private_key(pem), None, input),
        }
    }
}

fn private_key(pem: &str) -> PKey<openssl::pkey::Private> {
    PKey::private_key_from_pem(pem.as_bytes()).expect("a PEM key")
}

fn sign(key: &PKey<openssl::pkey::Private>, padding: Option<Padding>, input: &[u8]) -> Vec<u8> {
    let mut signer = Signer::new(MessageDigest::sha256(), key).expect("a key that signs");
    if let Some(padding) = padding {
        signer.set_rsa_padding(padding).expect("an RSA key");
        signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).expect("an RSA key");
    }
    signer.sign_oneshot_to_vec(input).expect("signing works")
}
