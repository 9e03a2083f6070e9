//! Google's Wycheproof vectors, where they lie beside the repository.

use jose::{KeyError, KeySet, ParseError, UnverifiedJws, VerificationKey};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// AS-40.
#[test]
fn of_the_valid_signatures_ours_are_accepted_and_the_others_unsupported() {
    let Some(file) = vectors("json_web_signature_test.json") else { return };
    let (mut accepted, mut unsupported, mut misspelt) = (0, 0, 0);
    for (group, test) in tests(&file).filter(|(_, test)| test["result"] == "valid") {
        let key = VerificationKey::from_jwk(&public(group).to_string());
        match UnverifiedJws::parse(compact(test), MAX_BYTES) {
            Ok(jws) => {
                assert!(jws.verify(&key.unwrap()).is_ok(), "test {}", test["tcId"]);
                accepted += 1;
            }
            Err(ParseError::Algorithm) => unsupported += 1,
            // HS256 with a foreign character in a part, which the vectors let implementations skip.
            Err(ParseError::Shape) => misspelt += 1,
            Err(other) => panic!("test {}: {other}", test["tcId"]),
        }
    }
    assert_eq!((accepted, unsupported, misspelt), (16, 28, 2));
}

/// AS-40.
#[test]
fn every_invalid_signature_is_refused() {
    let Some(file) = vectors("json_web_signature_test.json") else { return };
    let mut refused = 0;
    for (group, test) in tests(&file).filter(|(_, test)| test["result"] == "invalid") {
        assert!(!is_verified(&public(group), compact(test)), "test {}", test["tcId"]);
        refused += 1;
    }
    assert_eq!(refused, 355);
}

/// AS-39.
#[test]
fn no_set_of_weak_or_misused_keys_verifies_its_signature() {
    let Some(file) = vectors("json_web_key_test.json") else { return };
    let mut counted = 0;
    for (group, test) in tests(&file) {
        let set = KeySet::parse(&public(group).to_string());
        // HS256 among them is valid for others, not for us.
        let parsed = UnverifiedJws::parse(compact(test), MAX_BYTES);
        let expected = test["result"] == "valid" && parsed.is_ok();
        let verified =
            parsed.is_ok_and(|jws| set.is_ok_and(|keys| jws.verify_with_set(&keys).is_ok()));
        assert_eq!(verified, expected, "test {}", test["tcId"]);
        counted += 1;
    }
    assert_eq!(counted, 26);
}

#[test]
fn a_roca_key_is_refused_as_factorable() {
    let Some(file) = vectors("json_web_key_test.json") else { return };
    let roca = tests(&file).find(|(group, _)| group["comment"] == "jws_rsa_roca_key").unwrap().0;
    let error = KeySet::parse(&public(roca).to_string()).unwrap_err();
    assert!(matches!(error, KeyError::Unacceptable("a factorable RSA modulus")), "{error}");
}

fn is_verified(jwk: &Value, compact: &str) -> bool {
    let (Ok(key), Ok(jws)) =
        (VerificationKey::from_jwk(&jwk.to_string()), UnverifiedJws::parse(compact, MAX_BYTES))
    else {
        return false;
    };
    jws.verify(&key).is_ok()
}

fn tests(file: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    let groups = file["testGroups"].as_array().unwrap().iter();
    groups
        .flat_map(|group| group["tests"].as_array().unwrap().iter().map(move |test| (group, test)))
}

/// The key to verify with; symmetric groups have only a `private` one.
fn public(group: &Value) -> Value {
    group.get("public").unwrap_or(&group["private"]).clone()
}

/// The text to verify; JSON serialization is a JSON object in the file.
fn compact(test: &Value) -> &str {
    test["jws"].as_str().unwrap_or("{}")
}

/// Reads a vector file from `JOSE_VECTORS`, or from `../shared/vectors` of the repository.
fn vectors(name: &str) -> Option<Value> {
    let Some(folder) = folder() else {
        eprintln!("SKIPPED: no Wycheproof vectors beside the repository (JOSE_VECTORS names them)");
        return None;
    };
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("JOSE_VECTORS").map(PathBuf::from);
    let beside =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|a| a.join("shared/vectors"));
    let folders = named.into_iter().chain(beside);
    folders.map(|folder| folder.join("wycheproof")).find(|folder| folder.is_dir())
}

const MAX_BYTES: usize = 16 * 1024;
