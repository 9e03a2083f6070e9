//! What is signed, byte for byte, and how it is read.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jose::{Algorithm, KeyError, ParseError, SigningHeader, SigningKey, UnverifiedJws};
use serde::Deserialize;
use serde_json::{Value, json};

fn header_of(compact: &str) -> String {
    let part = compact.split('.').next().unwrap();
    String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn verified(payload: &[u8]) -> jose::VerifiedJws {
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let compact = key.sign(&SigningHeader::default(), payload).unwrap();
    UnverifiedJws::parse(&compact, 4096).unwrap().verify(&key.verification_key()).unwrap()
}

#[test]
fn an_extra_member_never_replaces_a_named_one() {
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    for name in ["alg", "kid", "typ", "x5t"] {
        let extra = [(name.to_owned(), json!("x"))].into_iter().collect();
        let error = key.sign(&SigningHeader { extra, ..SigningHeader::default() }, b"");
        assert!(matches!(error, Err(KeyError::Malformed(_))), "{name}");
    }
}

#[test]
fn a_text_beyond_the_cap_is_refused_before_it_is_split() {
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let compact = key.sign(&SigningHeader::default(), &[0; 1000]).unwrap();
    let parse = |cap| UnverifiedJws::parse(&compact, cap).map(|_| ());
    assert_eq!(parse(compact.len() - 1), Err(ParseError::TooLong));
    assert_eq!(parse(compact.len()), Ok(()));
}

#[test]
fn claims_that_are_not_utf8_repeat_a_member_nest_too_deep_or_miss_the_type_are_refused() {
    #[derive(Debug, Deserialize)]
    struct Claims {
        #[serde(rename = "exp")]
        _exp: u64,
    }
    let deep = format!(r#"{{"exp":1,"x":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let payloads: [&[u8]; 9] = [
        b"",
        b"{}",
        b"[1]",
        b"{\"exp\":\"1\"}",
        b"{\"exp\":1.5}",
        b"{\"exp\":18446744073709551616}",
        b"{\"exp\":1,\"exp\":1}",
        b"{\"exp\":1,\"x\":[{\"a\":1,\"a\":1}]}",
        b"{\"exp\":1,\"x\":\"\xff\"}",
    ];
    for payload in payloads {
        let jws = verified(payload);
        assert!(jws.claims::<Claims>().is_err(), "{}", String::from_utf8_lossy(payload));
        assert_eq!(jws.payload(), payload);
    }
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let compact = key.sign(&SigningHeader::default(), deep.as_bytes()).unwrap();
    let jws = UnverifiedJws::parse(&compact, 64 * 1024).unwrap();
    assert!(jws.unverified_claims::<Claims>().is_err());
    assert!(verified(b"{\"exp\":1,\"other\":{}}").claims::<Claims>().is_ok());
}

#[test]
fn a_header_nested_ten_thousand_deep_is_refused() {
    let header = format!(r#"{{"alg":"RS256","x":{}"#, "[".repeat(10_000));
    let compact = format!("{}..", URL_SAFE_NO_PAD.encode(header));
    assert_eq!(UnverifiedJws::parse(&compact, 64 * 1024).unwrap_err(), ParseError::Header);
}

#[test]
fn a_signature_of_one_key_is_not_another_keys() {
    for algorithm in [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256] {
        let key = SigningKey::generate(algorithm).unwrap();
        let other = SigningKey::generate(algorithm).unwrap().verification_key();
        let compact = key.sign(&SigningHeader::default(), b"{}").unwrap();
        assert!(UnverifiedJws::parse(&compact, 4096).unwrap().verify(&other).is_err());
    }
}

#[test]
fn an_rsa_signature_without_its_leading_zero_byte_is_refused() {
    for algorithm in [Algorithm::Ps256, Algorithm::Rs256] {
        let key = SigningKey::generate(algorithm).unwrap();
        let mut signed = (0_u32..).map(|n| key.sign(&SigningHeader::default(), &n.to_be_bytes()));
        // Every 256th signature begins with a zero byte.
        let (input, signature) = signed
            .find_map(|compact| {
                let compact = compact.unwrap();
                let (input, signature) = compact.rsplit_once('.').unwrap();
                let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
                (signature[0] == 0).then(|| (input.to_owned(), signature))
            })
            .unwrap();
        let is_verified = |signature: &[u8]| {
            let compact = format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature));
            let jws = UnverifiedJws::parse(&compact, 4096).unwrap();
            jws.verify(&key.verification_key()).is_ok()
        };
        assert!(!is_verified(&signature[1..]), "{algorithm}");
        assert!(is_verified(&signature), "{algorithm}");
    }
}

#[test]
fn an_ecdsa_signature_with_a_zero_byte_before_s_is_refused() {
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let compact = key.sign(&SigningHeader::default(), b"{}").unwrap();
    let (input, signature) = compact.rsplit_once('.').unwrap();
    let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    signature.insert(32, 0);
    let longer = format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature));
    let jws = UnverifiedJws::parse(&longer, 4096).unwrap();
    assert!(jws.verify(&key.verification_key()).is_err());
}

#[test]
fn an_empty_header_is_exactly_the_algorithm() {
    let key = SigningKey::generate(Algorithm::Rs256).unwrap();
    let compact = key.sign(&SigningHeader::default(), b"{}").unwrap();
    assert!(compact.starts_with("eyJhbGciOiJSUzI1NiJ9.e30."));
    assert_eq!(header_of(&compact), r#"{"alg":"RS256"}"#);
}

#[test]
fn header_members_are_written_in_the_toolkits_order() {
    let key = SigningKey::generate(Algorithm::Ps256).unwrap();
    let extra = json!({"z": 1, "http://openbanking.org.uk/iat": 2, "crit": ["z"]});
    let Value::Object(extra) = extra else { unreachable!() };
    let header = SigningHeader {
        x5t: Some("t".into()),
        key_id: Some("k".into()),
        token_type: Some("JOSE".into()),
        extra,
    };
    assert_eq!(
        header_of(&key.sign(&header, b"{}").unwrap()),
        r#"{"x5t":"t","kid":"k","typ":"JOSE","z":1,"http://openbanking.org.uk/iat":2,"crit":["z"],"alg":"PS256"}"#
    );
}

#[test]
fn a_verified_jws_gives_back_the_header_and_the_very_bytes_that_were_signed() {
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let header = SigningHeader {
        key_id: Some("k".into()),
        token_type: Some("JWT".into()),
        ..SigningHeader::default()
    };
    let compact = key.sign(&header, b" {\"a\" : 1}\n").unwrap();
    let jws = UnverifiedJws::parse(&compact, 4096).unwrap();
    assert_eq!(jws.header().key_id.as_deref(), Some("k"));
    let jws = jws.verify(&key.verification_key()).unwrap();
    assert_eq!(jws.header().token_type.as_deref(), Some("JWT"));
    assert_eq!(jws.header().algorithm, Algorithm::Es256);
    assert_eq!(jws.payload(), b" {\"a\" : 1}\n");
    assert_eq!(jws.claims::<Value>().unwrap(), json!({"a": 1}));
}

#[test]
fn neither_payload_nor_signature_shows_when_a_jws_is_printed() {
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let compact = key.sign(&SigningHeader::default(), b"secret").unwrap();
    let jws = UnverifiedJws::parse(&compact, 4096).unwrap();
    let header = "header: Header { algorithm: Es256, key_id: None, token_type: None }";
    assert_eq!(format!("{jws:?}"), format!("UnverifiedJws {{ {header}, .. }}"));
    let jws = jws.verify(&key.verification_key()).unwrap();
    assert_eq!(format!("{jws:?}"), format!("VerifiedJws {{ {header}, .. }}"));
}
