//! Detached JWS (RFC 7515 appendix F) and critical extensions (§4.1.11).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jose::{
    Algorithm, DetachedJws, InvalidSignature, ParseError, SigningHeader, SigningKey, UnverifiedJws,
};
use serde_json::{Value, json};

const CONTENT: &[u8] = b"{ \"Data\" : {} }\n";

fn signed(header: &Value) -> (SigningKey, String) {
    let key = SigningKey::generate(Algorithm::Rs256).unwrap();
    let key = key.with_algorithm(Algorithm::Ps256).unwrap();
    let extra = header.as_object().unwrap().clone();
    let compact =
        key.sign_detached(&SigningHeader { extra, ..SigningHeader::default() }, CONTENT).unwrap();
    (key, compact)
}

#[test]
fn the_signature_is_over_the_content_byte_by_byte() {
    let (key, compact) = signed(&json!({"crit": ["x"], "x": 1}));
    let jws = DetachedJws::parse(&compact, 4096).unwrap();
    assert_eq!(jws.members()["x"], 1);
    let (key, other) = (key.verification_key(), SigningKey::generate(Algorithm::Rs256).unwrap());
    assert_eq!(jws.verify(Algorithm::Ps256, &key, CONTENT), Ok(()));
    for content in [&b""[..], b"{\"Data\":{}}", b"{ \"Data\" : {} }", b"{ \"Data\" : {} }\n\n"] {
        assert_eq!(jws.verify(Algorithm::Ps256, &key, content), Err(InvalidSignature));
    }
    for at in 0..CONTENT.len() {
        let mut changed = CONTENT.to_vec();
        changed[at] ^= 1;
        assert_eq!(jws.verify(Algorithm::Ps256, &key, &changed), Err(InvalidSignature), "{at}");
    }
    assert_eq!(jws.verify(Algorithm::Rs256, &key, CONTENT), Err(InvalidSignature));
    let other = other.with_algorithm(Algorithm::Ps256).unwrap().verification_key();
    assert_eq!(jws.verify(Algorithm::Ps256, &other, CONTENT), Err(InvalidSignature));
}

#[test]
fn it_is_the_compact_jws_without_its_second_part() {
    let (key, compact) = signed(&json!({}));
    let whole = compact.replacen("..", &format!(".{}.", URL_SAFE_NO_PAD.encode(CONTENT)), 1);
    let verified = UnverifiedJws::parse(&whole, 4096).unwrap().verify(&key.verification_key());
    assert_eq!(verified.unwrap().payload(), CONTENT);
}

#[test]
fn anything_but_a_header_and_a_signature_around_nothing_is_refused() {
    let header = URL_SAFE_NO_PAD.encode("{}");
    let encode = |json: &str| format!("{}..c2ln", URL_SAFE_NO_PAD.encode(json));
    for (text, error) in [
        (String::new(), ParseError::Shape),
        ("..".to_owned(), ParseError::Shape),
        (header.clone(), ParseError::Shape),
        (format!("{header}."), ParseError::Shape),
        (format!("{header}.."), ParseError::Shape),
        (format!("{header}.c2ln"), ParseError::Shape),
        (format!("{header}.e30.c2ln"), ParseError::Shape),
        (format!("{header}...c2ln"), ParseError::Shape),
        (format!("{header}..c2ln."), ParseError::Shape),
        (format!("{header}..c2ln.c2ln"), ParseError::Shape),
        (format!(" {header}..c2ln"), ParseError::Shape),
        (format!("{header}=..c2ln"), ParseError::Shape),
        (format!("{header}..c2ln="), ParseError::Shape),
        ("..c2ln".to_owned(), ParseError::Header),
        (encode("[]"), ParseError::Header),
        (encode("1"), ParseError::Header),
        (encode("{"), ParseError::Header),
        (encode(r#"{"a":1,"a":1}"#), ParseError::Header),
        (encode(r#"{"a":"\ud800"}"#), ParseError::Header),
        (format!("{}..c2ln", URL_SAFE_NO_PAD.encode(b"{\"a\":\"\xff\"}")), ParseError::Header),
    ] {
        assert_eq!(DetachedJws::parse(&text, 4096).map(|_| ()), Err(error), "{text}");
    }
    assert!(DetachedJws::parse(&format!("{header}..c2ln"), 4096).is_ok());
    let length = header.len() + 6;
    let text = format!("{header}..c2ln");
    assert!(DetachedJws::parse(&text, length).is_ok());
    assert_eq!(DetachedJws::parse(&text, length - 1).map(|_| ()), Err(ParseError::TooLong));
}

#[test]
fn a_critical_extension_is_understood_by_name_and_must_be_there() {
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let parse = |header: Value, understood: &[&str]| {
        let extra = header.as_object().unwrap().clone();
        let header = SigningHeader { extra, ..SigningHeader::default() };
        let compact = key.sign(&header, b"{}").unwrap();
        UnverifiedJws::parse_understanding(&compact, 4096, understood).map(|_| ())
    };
    assert_eq!(parse(json!({"crit": ["a"], "a": 1}), &["a", "b"]), Ok(()));
    assert_eq!(parse(json!({"crit": ["a", "b"], "a": 1, "b": 2}), &["b", "a"]), Ok(()));
    for (header, understood) in [
        (json!({"crit": ["a"], "a": 1}), &[][..]),
        (json!({"crit": ["a"], "a": 1}), &["b"]),
        (json!({"crit": ["a"]}), &["a"]),
        (json!({"crit": ["a", "a"], "a": 1}), &["a"]),
        (json!({"crit": ["a", "b"], "a": 1, "b": 2}), &["a"]),
        (json!({"crit": [], "a": 1}), &["a"]),
        (json!({"crit": "a", "a": 1}), &["a"]),
        (json!({"crit": null, "a": 1}), &["a"]),
        (json!({"crit": [1], "a": 1}), &["a"]),
        (json!({"crit": ["b64"], "b64": false}), &["b64"]),
        (json!({"b64": true}), &["b64"]),
    ] {
        assert_eq!(parse(header.clone(), understood), Err(ParseError::Header), "{header}");
    }
}
