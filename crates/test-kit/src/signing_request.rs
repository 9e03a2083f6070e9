//! Certificate signing requests that no authority should answer.

use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::X509Req;

/// One with an RSA key of so many bits.
#[must_use]
pub fn signing_request_rsa(bits: u32) -> String {
    let key = Rsa::generate(bits).and_then(PKey::from_rsa).expect("a key");
    request(&key, &key)
}

/// One with a key on another curve than P-256.
#[must_use]
pub fn signing_request_p384() -> String {
    let key = elliptic(Nid::SECP384R1);
    request(&key, &key)
}

/// One that another key has signed.
#[must_use]
pub fn signing_request_with_wrong_signature() -> String {
    request(&elliptic(Nid::X9_62_PRIME256V1), &elliptic(Nid::X9_62_PRIME256V1))
}

fn elliptic(curve: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(curve).expect("a known curve");
    EcKey::generate(&group).and_then(PKey::from_ec_key).expect("a key")
}

fn request(key: &PKey<Private>, signer: &PKey<Private>) -> String {
    let mut builder = X509Req::builder().expect("memory");
    builder.set_pubkey(key).expect("a public key");
    builder.sign(signer, MessageDigest::sha256()).expect("a signature");
    let pem = builder.build().to_pem().expect("PEM");
    String::from_utf8(pem).expect("PEM is ASCII")
}
