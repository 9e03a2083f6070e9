//! JSON that means one thing: repeated member names are refused at any depth.

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Not JSON, a repeated member, too deep, or not of the expected shape.
///
/// The message names a place and, for a missing member, its name, but never a value: the text may
/// be an assertion.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StrictJsonError(String);

/// Reads `text` as `T`, refusing repeated members (RFC 7515 §4) and nesting beyond 32.
pub fn from_str_strict<T: DeserializeOwned>(text: &str) -> Result<T, StrictJsonError> {
    check_depth(text)?;
    check_members(text)?;
    serde_json::from_str(text).map_err(|error| StrictJsonError::from_serde(&error))
}

/// As [`from_str_strict`], an object and nothing else: serde fills a struct from a list too.
pub(crate) fn object_from_str_strict<T: DeserializeOwned>(
    text: &str,
) -> Result<T, StrictJsonError> {
    if text.trim_start().starts_with('{') {
        from_str_strict(text)
    } else {
        Err(StrictJsonError::new("not a JSON object"))
    }
}

impl StrictJsonError {
    pub(crate) fn new(message: &str) -> Self {
        Self(message.to_owned())
    }

    fn from_serde(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        // serde's other messages about types quote the value that was found.
        if error.is_data() && !text.starts_with("missing field") && !text.starts_with(REPEATED) {
            let (line, column) = (error.line(), error.column());
            return Self(format!("not of the expected shape at line {line} column {column}"));
        }
        Self(text)
    }
}

/// Counts brackets outside strings in one pass, so that no input makes the recursive readers after
/// it deep.
fn check_depth(text: &str) -> Result<(), StrictJsonError> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(StrictJsonError(format!("nested deeper than {MAX_DEPTH}")));
        }
    }
    Ok(())
}

fn check_members(text: &str) -> Result<(), StrictJsonError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    DistinctMembers
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end())
        .map_err(|error| StrictJsonError::from_serde(&error))
}

/// Walks a value and keeps nothing but the member names of the objects it is inside of.
struct DistinctMembers;

impl<'de> DeserializeSeed<'de> for DistinctMembers {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> serde::de::Visitor<'de> for DistinctMembers {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // Most objects are small, and a small ordered set is one allocation and no hashes.
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key_seed(Name)? {
            if !names.insert(name) {
                return Err(A::Error::custom(REPEATED));
            }
            map.next_value_seed(Self)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Self)?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Reads a member name, without a copy where nothing is escaped in it.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> serde::de::Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a member name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

const MAX_DEPTH: usize = 32;
const REPEATED: &str = "repeated member";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn refusal(text: &str) -> String {
        from_str_strict::<Value>(text).unwrap_err().to_string()
    }

    #[test]
    fn a_repeated_member_is_refused_at_any_depth() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"[{"x":[{"a":{"b":1,"c":2,"b":3}}]}]"#,
            r#"{"":0,"":0}"#,
        ] {
            assert!(refusal(text).starts_with("repeated member"), "{text}");
        }
        assert!(from_str_strict::<Value>(r#"{"a":{"a":1},"b":{"a":1}}"#).is_ok());
    }

    #[test]
    fn nesting_beyond_thirty_two_is_refused_and_ten_thousand_levels_do_no_harm() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(from_str_strict::<Value>(&nested(32)).is_ok());
        assert_eq!(refusal(&nested(33)), "nested deeper than 32");
        assert_eq!(refusal(&"[".repeat(10_000)), "nested deeper than 32");
        assert_eq!(refusal(&"{\"a\":".repeat(10_000)), "nested deeper than 32");
    }

    #[test]
    fn brackets_inside_strings_are_not_nesting() {
        let text = format!(r#"{{"a\"{}\\":"{}"}}"#, "[".repeat(50), "{".repeat(50));
        assert!(from_str_strict::<Value>(&text).is_ok());
    }

    #[test]
    fn anything_but_one_json_value_is_refused() {
        for text in ["", " ", "{", "{}{}", "{} x", "nul", "01", "1e999", "'a'", "{a:1}", "[1,]"] {
            assert!(from_str_strict::<Value>(text).is_err(), "{text:?}");
        }
        assert!(from_str_strict::<Value>("\u{feff}{}").is_err());
        assert!(from_str_strict::<Value>(r#""\ud800""#).is_err());
    }

    #[test]
    fn a_message_names_a_missing_member_and_never_quotes_a_value() {
        #[derive(Debug, serde::Deserialize)]
        #[expect(dead_code, reason = "only its shape matters")]
        struct Claims {
            exp: u64,
        }
        let missing = from_str_strict::<Claims>("{}").unwrap_err().to_string();
        assert!(missing.starts_with("missing field `exp`"), "{missing}");
        let wrong = from_str_strict::<Claims>(r#"{"exp":"hunter2"}"#).unwrap_err().to_string();
        assert_eq!(wrong, "not of the expected shape at line 1 column 16");
    }
}
