//! What holds for every input.

use jose::{Algorithm, KeySet, SigningHeader, SigningKey, UnverifiedJws, VerificationKey};
use jose::{from_str_strict, toolkit_key_id};
use proptest::prelude::*;
use std::sync::LazyLock;

static KEYS: LazyLock<Vec<SigningKey>> = LazyLock::new(|| {
    let algorithms = [Algorithm::Es256, Algorithm::Ps256, Algorithm::Rs256];
    algorithms.map(|algorithm| SigningKey::generate(algorithm).unwrap()).into()
});

fn is_verified(compact: &str, key: &SigningKey) -> bool {
    UnverifiedJws::parse(compact, 16 * 1024)
        .is_ok_and(|jws| jws.verify(&key.verification_key()).is_ok())
}

/// Text that gets past the first checks more often than noise does.
fn nearly_jws() -> impl Strategy<Value = String> {
    let part = "[A-Za-z0-9_=+/. -]{0,60}|eyJhbGciOiJSUzI1NiJ9|e30|[\\PC]{0,20}";
    proptest::collection::vec(part, 0..6).prop_map(|parts| parts.join("."))
}

fn json() -> impl Strategy<Value = String> {
    "[\\[\\]{}\",:0-9.eE+\\-truefalsn\\\\ud800 \n]{0,80}|\\PC{0,80}"
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = UnverifiedJws::parse(&text, 1000);
        let _ = VerificationKey::from_jwk(&text);
        let _ = KeySet::parse(&text);
        let _ = VerificationKey::from_certificate(&bytes);
        let _ = SigningKey::from_pem(&text, Algorithm::Rs256);
        let _ = toolkit_key_id(&bytes, Algorithm::Rs256);
    }

    #[test]
    fn no_text_of_parts_makes_the_parser_panic_or_verifies(text in nearly_jws()) {
        for key in &*KEYS {
            prop_assert!(!is_verified(&text, key));
        }
    }

    #[test]
    fn what_is_read_strictly_is_what_serde_reads(text in json()) {
        if let Ok(strict) = from_str_strict::<serde_json::Value>(&text) {
            prop_assert_eq!(strict, serde_json::from_str::<serde_json::Value>(&text).unwrap());
        }
    }

    #[test]
    fn no_member_values_make_the_key_reader_panic(
        kty in "RSA|EC|OKP|oct",
        alg in "RS256|ES256|HS256",
        n in "[A-Za-z0-9_-]{0,400}",
        x in "[A-Za-z0-9_-]{43}",
        y in "[A-Za-z0-9_-]{43}",
    ) {
        let jwk = serde_json::json!({
            "kty": kty, "alg": alg, "n": n, "e": "AQAB", "crv": "P-256", "x": x, "y": y,
        });
        let _ = VerificationKey::from_jwk(&jwk.to_string());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_signed_is_verified_and_read_back(
        which in 0..3_usize,
        payload in proptest::collection::vec(any::<u8>(), 0..500),
        key_id in proptest::option::of("\\PC{0,60}"),
    ) {
        let key = &KEYS[which];
        let header = SigningHeader { key_id: key_id.clone(), ..SigningHeader::default() };
        let compact = key.sign(&header, &payload).unwrap();
        let jws = UnverifiedJws::parse(&compact, 16 * 1024).unwrap();
        let jws = jws.verify(&key.verification_key()).unwrap();
        prop_assert_eq!(jws.payload(), &payload[..]);
        prop_assert_eq!(&jws.header().key_id, &key_id);
    }

    #[test]
    fn one_flipped_bit_anywhere_is_refused(
        which in 0..3_usize,
        at in any::<proptest::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let key = &KEYS[which];
        let mut bytes = key.sign(&SigningHeader::default(), b"{\"iss\":\"a\"}").unwrap().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(!String::from_utf8(bytes).is_ok_and(|text| is_verified(&text, key)));
    }
}
