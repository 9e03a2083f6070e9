use jose::{Algorithm, Header, KeySet, VerificationKey};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// JWK and JWK sets: no private member, no `kid` twice, no more than 100 keys; every key that is
/// read has a use, and is read the same again.
pub fn jwk_set(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(key) = VerificationKey::from_jwk(text) {
        check_key(&key);
        check_member(&serde_json::from_str(text).unwrap_or_default());
    }
    let Ok(set) = KeySet::parse(text) else { return };
    let keys = set.keys();
    assert!(keys.len() <= 100);
    keys.iter().for_each(check_key);
    let named: Vec<&str> = keys.iter().filter_map(VerificationKey::key_id).collect();
    assert_eq!(named.iter().collect::<HashSet<_>>().len(), named.len(), "a kid twice");
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    document["keys"].as_array().into_iter().flatten().for_each(check_member);
    for algorithm in ALGORITHMS {
        check_candidates(&set, algorithm, &named);
    }
    let again = KeySet::parse(text).unwrap_or_default();
    let thumbprints = |set: &KeySet| -> Vec<String> {
        set.keys().iter().map(VerificationKey::thumbprint).collect()
    };
    assert_eq!(thumbprints(&set), thumbprints(&again));
}

fn check_key(key: &VerificationKey) {
    assert!(ALGORITHMS.into_iter().any(|algorithm| key.fits(algorithm)), "a key without a use");
    assert_eq!(key.thumbprint().len(), 43);
    for name in [key.key_id(), key.x5t(), key.x5t_s256()].into_iter().flatten() {
        assert!((1..=255).contains(&name.len()));
    }
}

fn check_member(member: &Value) {
    let members: &Map<String, Value> = &member.as_object().cloned().unwrap_or_default();
    for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        assert!(!members.contains_key(private), "a private member in a public key");
    }
}

/// A kid finds the keys that have it; without one, all that fit are tried.
fn check_candidates(set: &KeySet, algorithm: Algorithm, named: &[&str]) {
    let header = |key_id: Option<&str>| Header {
        algorithm,
        key_id: key_id.map(Into::into),
        token_type: None,
    };
    assert!(set.candidates(&header(None)).all(|key| key.fits(algorithm)));
    for name in named {
        assert_eq!(set.candidates(&header(Some(name))).count(), 1);
    }
}

const ALGORITHMS: [Algorithm; 3] = [Algorithm::Es256, Algorithm::Ps256, Algorithm::Rs256];
