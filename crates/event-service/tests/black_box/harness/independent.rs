//! SETs as a JOSE library that Lombard does not use reads them.

use josekit::jwk::{Jwk, JwkSet};
use josekit::jws::{JwsContext, JwsVerifier, PS256, RS256};
use serde_json::Value;

/// A SET whose signature verifies.
#[derive(Debug)]
pub struct ReadSet {
    pub header: Value,
    pub claims: Value,
    /// The claims as they were signed.
    pub text: String,
}

/// Why a SET does not verify.
#[derive(Debug, PartialEq, Eq)]
pub enum NotVerified {
    /// The key set has no key of its `kid` and `alg`.
    Key,
    /// None of the keys that fit made the signature.
    Signature,
}

/// Verifies `compact` with the key of its `kid`, or with all keys of its algorithm where it has none.
pub fn read_set(compact: &str, jwks: &str) -> Result<ReadSet, NotVerified> {
    let header = part(compact, 0);
    let kid = header.get("kid").and_then(Value::as_str);
    let keys = JwkSet::from_bytes(jwks).unwrap();
    let mut candidates = keys.keys().into_iter().filter(|key| {
        key.algorithm() == header["alg"].as_str() && (kid.is_none() || key.key_id() == kid)
    });
    let first = candidates.next().ok_or(NotVerified::Key)?;
    let payload = std::iter::once(first).chain(candidates).find_map(|key| payload(compact, key));
    let text = String::from_utf8(payload.ok_or(NotVerified::Signature)?).unwrap();
    Ok(ReadSet { claims: serde_json::from_str(&text).unwrap(), header, text })
}

/// A part of `compact` without any proof.
pub fn part(compact: &str, at: usize) -> Value {
    use base64::Engine as _;
    let part = compact.split('.').nth(at).unwrap();
    let json = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(part).unwrap();
    serde_json::from_slice(&json).unwrap()
}

fn payload(compact: &str, key: &Jwk) -> Option<Vec<u8>> {
    let mut context = JwsContext::new();
    for name in ["iat", "iss", "tan"] {
        context.add_acceptable_critical(&format!("http://openbanking.org.uk/{name}"));
    }
    let verifier: Box<dyn JwsVerifier> = match key.algorithm()? {
        "PS256" => Box::new(PS256.verifier_from_jwk(key).unwrap()),
        "RS256" => {
            let mut verifier = RS256.verifier_from_jwk(key).unwrap();
            // The toolkit's SETs have no kid.
            verifier.remove_key_id();
            Box::new(verifier)
        }
        _ => return None,
    };
    context.deserialize_compact(compact, &*verifier).ok().map(|(payload, _)| payload)
}
