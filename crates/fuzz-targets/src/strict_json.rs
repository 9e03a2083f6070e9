use serde_json::Value;

/// JSON that means one thing: what is read is what serde reads, no deeper than 32, and no object
/// that is read has lost a member.
pub fn strict_json(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(value) = jose::from_str_strict::<Value>(text) else { return };
    assert_eq!(serde_json::from_str::<Value>(text).ok().as_ref(), Some(&value));
    assert!(depth(&value) <= 32);
    assert!(members(&value) <= text.matches(':').count(), "a member that is not in the text");
    assert!(jose::from_str_strict::<Value>(&value.to_string()).is_ok());
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

fn members(value: &Value) -> usize {
    match value {
        Value::Array(values) => values.iter().map(members).sum(),
        Value::Object(own) => own.len() + own.values().map(members).sum::<usize>(),
        _ => 0,
    }
}
