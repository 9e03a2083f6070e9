/// Request paths at the gateway: one form that nobody downstream can read in two ways.
pub fn request_path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(path) = gateway::fuzzing::normal_path(text) else { return };
    assert!(path.starts_with('/') && path.is_ascii() && path.len() <= text.len());
    assert_eq!(gateway::fuzzing::normal_path(&path).as_ref(), Some(&path), "not final");
    assert!(!path.contains("//") && !path.contains(['\\', ';', '?', '#', ' ', '\0']));
    assert!(path.split('/').all(|segment| segment != "." && segment != ".."));
    for (at, _) in path.match_indices('%') {
        let digits = path.get(at + 1..at + 3).unwrap_or_default();
        let byte = u8::from_str_radix(digits, 16).unwrap_or_default();
        assert_eq!(digits, format!("{byte:02X}"));
        assert!(!byte.is_ascii_alphanumeric() && !b"-._~/\\;%\0".contains(&byte), "%{digits}");
    }
}
