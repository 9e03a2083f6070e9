use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jose::{Algorithm, DetachedJws, KeySet};
use serde_json::Value;
use std::sync::LazyLock;

/// Detached JWS: what is read has two parts that say the same to another reader, and nobody forges a
/// signature over a content that was never signed.
pub fn detached_jws(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(jws) = DetachedJws::parse(text, MAX_BYTES) else { return };
    assert!(text.len() <= MAX_BYTES);
    let parts: Vec<&str> = text.split('.').collect();
    assert_eq!(parts.len(), 3);
    assert!(parts[1].is_empty());
    let header = URL_SAFE_NO_PAD.decode(parts[0]).unwrap_or_default();
    assert_eq!(URL_SAFE_NO_PAD.encode(&header), parts[0]);
    let members: Value = serde_json::from_slice(&header).unwrap_or_default();
    assert_eq!(members.as_object(), Some(jws.members()));
    for key in KEYS.keys() {
        for algorithm in [Algorithm::Es256, Algorithm::Ps256, Algorithm::Rs256] {
            assert_eq!(jws.verify(algorithm, key, data), Err(jose::InvalidSignature));
        }
    }
}

const MAX_BYTES: usize = 8 * 1024;

/// Public keys whose private ones are nowhere, and which signed no detached content.
static KEYS: LazyLock<KeySet> =
    LazyLock::new(|| KeySet::parse(include_str!("compact_jws/keys.json")).unwrap_or_default());

#[test]
fn there_are_keys_to_forge() {
    assert_eq!(KEYS.keys().len(), 2);
}
