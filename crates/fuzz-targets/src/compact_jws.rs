use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jose::{Header, KeySet, UnverifiedJws};
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// Compact JWS: what is read has three parts that say the same to another reader, and nothing but
/// the texts that were signed verifies.
pub fn compact_jws(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(jws) = UnverifiedJws::parse(text, MAX_BYTES) else { return };
    assert!(text.len() <= MAX_BYTES);
    let parts: Vec<Vec<u8>> = text.split('.').map(decode).collect();
    assert_eq!(parts.len(), 3);
    check_header(jws.header(), &parts[0]);
    if let Ok(claims) = jws.unverified_claims::<Value>() {
        assert!(claims.is_object());
        assert_eq!(serde_json::from_slice::<Value>(&parts[1]).ok(), Some(claims));
    }
    if let Ok(verified) = jws.verify_with_set(&KEYS) {
        assert_eq!(verified.payload(), parts[1]);
        assert!(SIGNED.contains(&text), "a forgery verifies");
    }
}

/// By another decoder than the reader's; not canonical base64url is a finding.
fn decode(part: &str) -> Vec<u8> {
    let decoded = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    assert_eq!(URL_SAFE_NO_PAD.encode(&decoded), part);
    decoded
}

fn check_header(header: &Header, json: &[u8]) {
    let members: Map<String, Value> = serde_json::from_slice(json).unwrap_or_default();
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    assert_eq!(text("alg"), Some(header.algorithm.as_str()));
    assert_eq!(text("kid"), header.key_id.as_deref());
    assert_eq!(text("typ"), header.token_type.as_deref());
    assert!(!members.contains_key("crit") && !members.contains_key("b64"));
    assert!(header.key_id.as_ref().is_none_or(|key_id| key_id.len() <= 255));
}

const MAX_BYTES: usize = 16 * 1024;

/// Public keys of `signed.txt`, whose private ones are nowhere.
static KEYS: LazyLock<KeySet> =
    LazyLock::new(|| KeySet::parse(include_str!("compact_jws/keys.json")).unwrap_or_default());

/// Everything that was ever signed with them.
static SIGNED: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("compact_jws/signed.txt").lines().collect());

#[test]
fn the_signed_texts_verify() {
    assert_eq!(KEYS.keys().len(), 2);
    assert!(SIGNED.len() >= 7);
    for text in &*SIGNED {
        assert!(UnverifiedJws::parse(text, MAX_BYTES).unwrap().verify_with_set(&KEYS).is_ok());
        compact_jws(text.as_bytes());
    }
}
