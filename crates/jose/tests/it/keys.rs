//! Which keys are acceptable.

use jose::{Algorithm, KeyError, SigningKey, VerificationKey};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::symm::Cipher;
use openssl::x509::X509;
use serde_json::{Value, json};

pub(crate) fn jwk(key: &SigningKey) -> Value {
    serde_json::to_value(key.public_jwk(None)).unwrap()
}

/// A self-signed certificate over `pem`, DER.
pub(crate) fn certificate(pem: &str) -> Vec<u8> {
    let key = PKey::private_key_from_pem(pem.as_bytes()).unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_not_before(&Asn1Time::from_unix(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(4_000_000_000).unwrap()).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    builder.build().to_der().unwrap()
}

fn refusal(jwk: &Value) -> String {
    VerificationKey::from_jwk(&jwk.to_string()).unwrap_err().to_string()
}

fn with(mut jwk: Value, member: &str, value: Value) -> Value {
    jwk[member] = value;
    jwk
}

fn without(mut jwk: Value, member: &str) -> Value {
    jwk.as_object_mut().unwrap().remove(member);
    jwk
}

fn rsa(bits: u32, exponent: u32) -> PKey<Private> {
    let exponent = BigNum::from_u32(exponent).unwrap();
    PKey::from_rsa(Rsa::generate_with_e(bits, &exponent).unwrap()).unwrap()
}

fn pem(key: &PKey<Private>) -> String {
    String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap()
}

#[test]
fn private_and_symmetric_members_are_refused_in_a_key_of_any_type_and_use() {
    let key = jwk(&SigningKey::generate(Algorithm::Rs256).unwrap());
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        for value in [json!("AA"), Value::Null] {
            let leaked = with(with(key.clone(), member, value), "use", json!("enc"));
            assert_eq!(refusal(&leaked), "private key material in a public key", "{member}");
        }
    }
    assert_eq!(refusal(&json!({"kty": "oct", "k": "AA"})), "private key material in a public key");
}

#[test]
fn rsa_keys_of_the_wrong_size_or_exponent_are_refused() {
    for (bits, exponent) in [(1024, 65_537), (2047, 65_537), (4104, 65_537), (2048, 3)] {
        let error = SigningKey::from_pem(&pem(&rsa(bits, exponent)), Algorithm::Rs256).unwrap_err();
        assert!(matches!(error, KeyError::Unacceptable(_)), "{bits} {exponent}: {error}");
    }
    let key = jwk(&SigningKey::generate(Algorithm::Rs256).unwrap());
    for e in ["AQ", "Aw", "AQAC", "AQABAQABAQABAQAB"] {
        let refused = refusal(&with(key.clone(), "e", json!(e)));
        assert!(refused.starts_with("unacceptable key"), "{e}: {refused}");
    }
}

#[test]
fn an_even_or_enormous_modulus_is_refused_before_it_is_used() {
    let key = jwk(&SigningKey::generate(Algorithm::Rs256).unwrap());
    let even = with(key.clone(), "n", json!("_".repeat(341) + "g"));
    assert_eq!(refusal(&even), "unacceptable key: a factorable RSA modulus");
    let enormous = with(key, "n", json!("_".repeat(60_000)));
    assert_eq!(refusal(&enormous), "unacceptable key: an RSA key of more than 4096 bits");
}

#[test]
fn a_number_with_padding_or_leading_zeros_is_refused() {
    let key = jwk(&SigningKey::generate(Algorithm::Rs256).unwrap());
    for (member, text) in [("e", "AAEAAQ"), ("e", "AQAB="), ("e", ""), ("n", "A"), ("n", "AAAA")] {
        let refused = refusal(&with(key.clone(), member, json!(text)));
        assert_eq!(refused, format!("malformed key: {member}"));
    }
}

#[test]
fn a_foreign_curve_a_point_off_the_curve_or_a_short_coordinate_is_refused() {
    let key = jwk(&SigningKey::generate(Algorithm::Es256).unwrap());
    let x = key["x"].clone();
    for (jwk, reason) in [
        (
            with(key.clone(), "crv", json!("P-384")),
            "unacceptable key: a curve that does not fit the alg",
        ),
        (with(key.clone(), "y", x), "unacceptable key: a point off the curve"),
        (with(key.clone(), "x", json!("A".repeat(43))), "unacceptable key: a point off the curve"),
        (
            with(key.clone(), "x", json!("_".repeat(42) + "8")),
            "unacceptable key: a point off the curve",
        ),
        (with(key.clone(), "x", json!("AQAB")), "malformed key: x"),
        (with(key.clone(), "y", json!("A".repeat(44))), "malformed key: y"),
    ] {
        assert_eq!(refusal(&jwk), reason);
    }
    for curve in [Nid::SECP384R1, Nid::SECP256K1] {
        let group = EcGroup::from_curve_name(curve).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        assert!(SigningKey::from_pem(&pem(&key), Algorithm::Es256).is_err());
    }
}

#[test]
fn members_that_are_missing_or_of_the_wrong_type_are_refused() {
    let rsa = jwk(&SigningKey::generate(Algorithm::Rs256).unwrap());
    for member in ["kty", "n", "e"] {
        assert_eq!(refusal(&without(rsa.clone(), member)), format!("malformed key: {member}"));
    }
    for member in ["kty", "n", "e", "alg", "kid", "use", "key_ops", "x5t", "x5t#S256"] {
        for value in [json!(1), Value::Null, json!({}), json!(true)] {
            let refused = refusal(&with(rsa.clone(), member, value));
            assert_eq!(refused, format!("malformed key: {member}"));
        }
    }
    for kid in [String::new(), "k".repeat(256)] {
        assert_eq!(refusal(&with(rsa.clone(), "kid", json!(kid))), "malformed key: kid");
    }
}

#[test]
fn a_key_for_another_use_type_or_algorithm_is_refused() {
    let key = jwk(&SigningKey::generate(Algorithm::Es256).unwrap());
    let foreign = "unacceptable key: not a signature key of a supported type";
    for (member, value) in [
        ("use", json!("enc")),
        ("key_ops", json!(["encrypt"])),
        ("key_ops", json!([])),
        ("alg", json!("ES521")),
        ("alg", json!("ECDH-ES")),
        ("kty", json!("OKP")),
    ] {
        assert_eq!(refusal(&with(key.clone(), member, value)), foreign, "{member}");
    }
    for algorithm in ["RS256", "PS256"] {
        let mismatch = with(key.clone(), "alg", json!(algorithm));
        assert_eq!(refusal(&mismatch), "unacceptable key: a type that does not fit the alg");
    }
}

#[test]
fn anything_but_one_json_object_is_refused() {
    for text in
        ["", "[]", "null", "{}", "\"\"", r#"{"kty":"RSA","kty":"RSA"}"#, &"[".repeat(10_000)]
    {
        assert!(matches!(VerificationKey::from_jwk(text), Err(KeyError::Malformed(_))), "{text}");
    }
}

#[test]
fn an_encrypted_a_public_or_a_foreign_pem_is_refused_without_asking_for_a_passphrase() {
    let key = PKey::private_key_from_pem(
        SigningKey::generate(Algorithm::Rs256).unwrap().to_pem().unwrap().as_bytes(),
    )
    .unwrap();
    let encrypted = key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"x").unwrap();
    let public = key.public_key_to_pem().unwrap();
    for pem in [encrypted, public, b"".to_vec(), b"-----BEGIN PRIVATE KEY-----".to_vec()] {
        let error = SigningKey::from_pem(std::str::from_utf8(&pem).unwrap(), Algorithm::Rs256);
        assert!(matches!(error, Err(KeyError::Malformed("private key"))));
    }
    assert!(
        SigningKey::from_pem(&pem(&PKey::generate_ed25519().unwrap()), Algorithm::Es256).is_err()
    );
}

#[test]
fn a_key_pair_signs_only_with_an_algorithm_of_its_type() {
    let rsa = SigningKey::generate(Algorithm::Rs256).unwrap().to_pem().unwrap();
    let ec = SigningKey::generate(Algorithm::Es256).unwrap().to_pem().unwrap();
    assert!(SigningKey::from_pem(&rsa, Algorithm::Es256).is_err());
    assert!(SigningKey::from_pem(&ec, Algorithm::Rs256).is_err());
    assert!(SigningKey::from_pem(&ec, Algorithm::Ps256).is_err());
    assert!(SigningKey::from_pem(&rsa, Algorithm::Ps256).is_ok());
}

#[test]
fn the_largest_acceptable_rsa_key_is_accepted() {
    let key = SigningKey::from_pem(&pem(&rsa(4096, 65_537)), Algorithm::Ps256).unwrap();
    assert!(VerificationKey::from_jwk(&jwk(&key).to_string()).is_ok());
}

#[test]
fn a_certificate_with_a_weak_key_or_bytes_after_it_is_refused() {
    let weak = certificate(&pem(&rsa(1024, 65_537)));
    assert!(matches!(VerificationKey::from_certificate(&weak), Err(KeyError::Unacceptable(_))));
    let mut longer =
        certificate(&SigningKey::generate(Algorithm::Es256).unwrap().to_pem().unwrap());
    longer.push(0);
    for der in [&longer[..], &longer[..longer.len() - 2], b""] {
        assert!(matches!(
            VerificationKey::from_certificate(der),
            Err(KeyError::Malformed("certificate"))
        ));
    }
}

#[test]
fn the_key_of_a_certificate_is_the_key_that_it_was_made_for() {
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let der = certificate(&key.to_pem().unwrap());
    let read = VerificationKey::from_certificate(&der).unwrap();
    assert_eq!(read.thumbprint(), key.verification_key().thumbprint());
    assert_eq!(read.x5t(), Some(&*jose::x5t(&der)));
    assert_eq!(read.x5t_s256(), Some(&*jose::x5t_s256(&der)));
}

#[test]
fn a_published_key_has_public_members_only_and_reads_back() {
    for algorithm in [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256] {
        let key = SigningKey::generate(algorithm).unwrap();
        let der = certificate(&key.to_pem().unwrap());
        let text = serde_json::to_string(&key.public_jwk(Some(&der))).unwrap();
        let read = VerificationKey::from_jwk(&text).unwrap();
        assert_eq!(read.key_id(), Some(key.key_id()));
        assert_eq!(read.thumbprint(), key.key_id());
        assert_eq!(read.x5t(), Some(&*jose::x5t(&der)));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["use"], "sig");
    }
}

#[test]
fn a_key_written_as_pem_is_the_same_key_when_read() {
    let key = SigningKey::generate(Algorithm::Ps256).unwrap().with_key_id("mine");
    let read = SigningKey::from_pem(&key.to_pem().unwrap(), Algorithm::Ps256).unwrap();
    assert_eq!(key.key_id(), "mine");
    assert_eq!(read.key_id(), key.verification_key().thumbprint());
    assert!(!format!("{key:?} {:?}", key.verification_key()).contains("BEGIN"));
}
