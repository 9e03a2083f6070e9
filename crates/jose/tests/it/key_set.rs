//! Which key of a set is tried.

use crate::keys::{certificate, jwk};
use jose::{Algorithm, KeyError, KeySet, SigningHeader, SigningKey, UnverifiedJws};
use jose::{VerificationError, VerifiedJws};
use serde_json::{Value, json};

fn set(keys: &[Value]) -> Result<KeySet, KeyError> {
    KeySet::parse(&json!({ "keys": keys }).to_string())
}

fn verify(
    key: &SigningKey,
    kid: Option<&str>,
    set: &KeySet,
) -> Result<VerifiedJws, VerificationError> {
    let header = SigningHeader { key_id: kid.map(str::to_owned), ..SigningHeader::default() };
    let compact = key.sign(&header, b"{}").unwrap();
    UnverifiedJws::parse(&compact, 4096).unwrap().verify_with_set(set)
}

#[test]
fn a_document_without_a_list_of_key_objects_is_refused() {
    for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[1]}"#, r#"{"keys":null}"#] {
        assert!(matches!(KeySet::parse(text), Err(KeyError::Malformed(_))), "{text}");
    }
    assert!(KeySet::parse(r#"{"keys":[],"keys":[]}"#).is_err());
    assert!(set(&vec![json!({"kty": "OKP"}); 101]).is_err());
}

#[test]
fn a_repeated_kid_is_refused() {
    let (one, two) = (generate("same"), generate("same"));
    assert!(matches!(set(&[jwk(&one), jwk(&two)]), Err(KeyError::RepeatedKeyId)));
}

#[test]
fn one_weak_or_private_key_refuses_the_whole_set() {
    let good = jwk(&generate("a"));
    let mut weak = jwk(&SigningKey::generate(Algorithm::Rs256).unwrap());
    weak["e"] = json!("AQ");
    assert!(matches!(set(&[good.clone(), weak]), Err(KeyError::Unacceptable(_))));
    let symmetric = json!({"kty": "oct", "k": "AA", "kid": "s"});
    assert!(matches!(set(&[good, symmetric]), Err(KeyError::Private)));
}

#[test]
fn keys_for_encryption_and_of_foreign_types_and_algorithms_are_left_out() {
    let good = jwk(&generate("a"));
    let mut encryption = good.clone();
    encryption["use"] = json!("enc");
    let mut foreign = good.clone();
    foreign["alg"] = json!("ES512");
    let okp = json!({"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "o"});
    let p521 = json!({"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA", "kid": "p"});
    let keys = set(&[encryption, foreign, okp, p521, good]).unwrap();
    assert_eq!(keys.keys().len(), 1);
}

#[test]
fn a_kid_that_no_key_has_is_not_tried_with_any() {
    let key = generate("a");
    let keys = set(&[jwk(&key)]).unwrap();
    assert_eq!(verify(&key, Some("b"), &keys).unwrap_err(), VerificationError::NoKey);
    assert_eq!(verify(&key, Some("a"), &KeySet::default()).unwrap_err(), VerificationError::NoKey);
}

#[test]
fn a_kid_names_a_key_by_its_kid_or_by_either_thumbprint_of_its_certificate() {
    let key = generate("a");
    let der = certificate(&key.to_pem().unwrap());
    let with_certificate = serde_json::to_value(key.public_jwk(Some(&der))).unwrap();
    let keys = set(&[with_certificate, jwk(&generate("b"))]).unwrap();
    for kid in ["a", &jose::x5t(&der), &jose::x5t_s256(&der)] {
        assert!(verify(&key, Some(kid), &keys).is_ok(), "{kid}");
    }
    assert_eq!(verify(&key, Some("b"), &keys).unwrap_err(), VerificationError::Signature);
}

#[test]
fn a_kid_goes_before_an_equal_thumbprint_of_another_key() {
    let (owner, other) = (generate("name"), generate("other"));
    let mut pretender = jwk(&other);
    pretender["x5t"] = json!("name");
    let keys = set(&[pretender, jwk(&owner)]).unwrap();
    assert!(verify(&owner, Some("name"), &keys).is_ok());
    assert!(verify(&other, Some("name"), &keys).is_err());
}

#[test]
fn without_a_kid_every_key_of_the_algorithm_is_tried() {
    let (one, two) = (generate("1"), generate("2"));
    let rsa = SigningKey::generate(Algorithm::Rs256).unwrap();
    let keys = set(&[jwk(&rsa), jwk(&one), jwk(&two)]).unwrap();
    assert!(verify(&one, None, &keys).is_ok());
    assert!(verify(&two, None, &keys).is_ok());
    assert_eq!(verify(&generate("3"), None, &keys).unwrap_err(), VerificationError::Signature);
}

#[test]
fn a_key_published_for_one_algorithm_verifies_no_other() {
    let rs256 = SigningKey::generate(Algorithm::Rs256).unwrap();
    let ps256 = SigningKey::from_pem(&rs256.to_pem().unwrap(), Algorithm::Ps256).unwrap();
    let keys = set(&[jwk(&ps256)]).unwrap();
    assert_eq!(verify(&rs256, None, &keys).unwrap_err(), VerificationError::NoKey);
    let named = verify(&rs256, Some(ps256.key_id()), &keys);
    assert_eq!(named.unwrap_err(), VerificationError::KeyMismatch);
    assert!(verify(&ps256, None, &keys).is_ok());
}

fn generate(kid: &str) -> SigningKey {
    SigningKey::generate(Algorithm::Es256).unwrap().with_key_id(kid)
}

#[test]
fn a_key_that_was_read_is_written_under_the_names_that_it_has() {
    let jwk = json!({
        "kty": "RSA", "use": "sig", "alg": "PS256", "kid": "a", "x5t": "b", "x5t#S256": "c",
        "n": serde_json::to_value(jose::SigningKey::generate(jose::Algorithm::Ps256).unwrap().public_jwk(None)).unwrap()["n"],
        "e": "AQAB",
    });
    let key = jose::VerificationKey::from_jwk(&jwk.to_string()).unwrap();
    assert_eq!(serde_json::to_value(jose::PublicJwk::of_key(&key)).unwrap(), jwk);
}
