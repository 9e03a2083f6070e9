//! Vectors of our own, made by `cryptography` 48 for Python: an implementation that shares nothing
//! with this crate but OpenSSL.

use jose::{KeySet, ParseError, UnverifiedJws, VerificationError, VerificationKey};
use serde_json::Value;

/// AS-40, where Wycheproof's files are not at hand.
#[test]
fn every_own_vector_has_the_outcome_written_beside_it() {
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    let keys = KeySet::parse(&file.to_string()).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 73);
    for vector in vectors {
        let compact = vector["jws"].as_str().unwrap();
        assert_eq!(outcome(compact, &keys), vector["outcome"], "{}", vector["name"]);
    }
}

#[test]
fn thumbprints_are_those_of_rfc_7638() {
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    for jwk in file["keys"].as_array().unwrap() {
        let key = VerificationKey::from_jwk(&jwk.to_string()).unwrap();
        assert_eq!(key.thumbprint(), jwk["thumbprint"]);
    }
}

fn outcome(compact: &str, keys: &KeySet) -> &'static str {
    let jws = match UnverifiedJws::parse(compact, 16 * 1024) {
        Ok(jws) => jws,
        Err(ParseError::Algorithm) => return "algorithm",
        Err(ParseError::Header) => return "header",
        Err(ParseError::Shape) => return "shape",
        Err(other) => panic!("{other}"),
    };
    match jws.verify_with_set(keys) {
        Ok(_) => "verified",
        Err(VerificationError::KeyMismatch) => "key mismatch",
        Err(VerificationError::NoKey) => "no key",
        Err(VerificationError::Signature) => "signature",
        Err(other) => panic!("{other}"),
    }
}

const VECTORS: &str = include_str!("vectors.json");
