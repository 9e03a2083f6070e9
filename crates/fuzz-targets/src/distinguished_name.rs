use service_kit::client_certificate::DistinguishedName;

/// Distinguished names: what is written of one is read as the same one, and not much longer.
pub fn distinguished_name(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(name) = text.parse::<DistinguishedName>() else { return };
    let written = name.to_string();
    assert!(written.len() <= 8 * text.len() + 8, "{} bytes became {}", text.len(), written.len());
    assert_eq!(written.parse().as_ref(), Ok(&name), "{written:?}");
    assert!(!written.chars().any(char::is_control));
}
