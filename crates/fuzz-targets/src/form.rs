use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::HashSet;

/// Forms: every name once, and what is read is what another reader reads and what is read again of
/// the same fields written anew.
pub fn form(data: &[u8]) {
    let Some(fields) = key_manager::fuzzing::form_fields(data) else { return };
    assert!(fields.len() <= 32);
    let names: HashSet<&String> = fields.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), fields.len(), "a field twice");
    let by_url: Vec<(String, String)> = url::form_urlencoded::parse(data).into_owned().collect();
    assert_eq!(by_url, fields);
    let again = key_manager::fuzzing::form_fields(encode(&fields).as_bytes());
    // A field without a name and a value leaves nothing to write.
    assert!(again.as_ref() == Some(&fields) || fields.iter().any(|(name, _)| name.is_empty()));
}

fn encode(fields: &[(String, String)]) -> String {
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}
