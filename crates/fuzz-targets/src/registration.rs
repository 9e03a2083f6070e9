use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jose::{Algorithm, UnverifiedJws};
use serde_json::{Map, Value};

/// Software statements: what is read is what the text says, in a text that says one thing.
pub fn software_statement(data: &[u8]) {
    let Some(compact) = compact(data) else { return };
    let Some(statement) = key_manager::fuzzing::software_statement(&compact) else { return };
    let claims = claims(&compact);
    assert_eq!(statement.all, claims);
    assert_eq!(claims["iss"], statement.iss.as_str());
    assert_eq!(claims["iat"], statement.iat);
    for (name, id) in [("software_id", &statement.software_id), ("org_id", &statement.org_id)] {
        assert_eq!(claims[name], id.as_str());
        assert!((1..=128).contains(&id.len()) && !id.contains(char::is_control));
    }
    assert_eq!(claims["software_roles"], Value::from(statement.software_roles));
    assert_eq!(claims["software_redirect_uris"], Value::from(statement.software_redirect_uris));
    assert_eq!(claims["software_jwks_endpoint"], statement.software_jwks_endpoint);
}

/// Registration requests: the same, and the statement inside is read as one by itself.
pub fn registration_request(data: &[u8]) {
    let Some(compact) = compact(data) else { return };
    let Some(request) = key_manager::fuzzing::registration_request(&compact) else { return };
    let claims = claims(&compact);
    assert_eq!(claims["iss"], request.iss.as_str());
    assert_eq!((&claims["iat"], &claims["exp"]), (&request.iat.into(), &request.exp.into()));
    assert_eq!(claims["jti"], request.jti.as_str());
    assert_eq!(claims["scope"], request.scope.as_str());
    assert_eq!(claims["grant_types"], Value::from(request.grant_types));
    assert!(!request.jti.is_empty() && !request.aud.values().iter().all(String::is_empty));
    software_statement(request.software_statement.as_bytes());
}

/// Claims alone are put into a JWS, so that a fuzzer need not know base64url.
fn compact(data: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(data).ok()?;
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let wrapped = || format!("{}.{}.AA", encode(r#"{"alg":"PS256"}"#), encode(text));
    Some(if text.starts_with('{') { wrapped() } else { text.to_owned() })
}

/// As another reader sees them, of a JWS that was accepted.
fn claims(compact: &str) -> Map<String, Value> {
    let jws = UnverifiedJws::parse(compact, compact.len()).ok();
    let algorithm = jws.map(|jws| jws.header().algorithm);
    assert!(matches!(algorithm, Some(Algorithm::Ps256 | Algorithm::Es256)));
    let payload = compact.split('.').nth(1).unwrap_or_default();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap_or_default()).unwrap_or_default()
}
