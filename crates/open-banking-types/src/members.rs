//! Members of a JSON object, read one by one, so that the one at fault can be named.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Members not yet read. One of value `null` counts as absent.
#[derive(Clone, Debug)]
pub struct Members(Map<String, Value>);

/// The member at fault, and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberError {
    /// Its name.
    pub name: &'static str,
    /// What is wrong.
    pub defect: MemberDefect,
}

/// What is wrong with a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberDefect {
    /// It is not there.
    Absent,
    /// It is an empty string or an empty list.
    Empty,
    /// It is of another type, or of a value that is not allowed.
    Invalid,
}

impl Members {
    /// All members of an object.
    #[must_use]
    pub fn new(object: Map<String, Value>) -> Self {
        Self(object)
    }

    /// A member that may be absent.
    pub fn optional<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, MemberError> {
        let Some(value) = self.0.shift_remove(name).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        if is_empty(&value) {
            return Err(MemberDefect::Empty.of(name));
        }
        serde_json::from_value(value).map(Some).map_err(|_| MemberDefect::Invalid.of(name))
    }

    /// A member that must be there.
    pub fn required<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<T, MemberError> {
        self.optional(name)?.ok_or(MemberDefect::Absent.of(name))
    }

    /// What was not read.
    #[must_use]
    pub fn rest(self) -> Map<String, Value> {
        self.0
    }
}

impl MemberDefect {
    /// The defect of the member `name`.
    #[must_use]
    pub fn of(self, name: &'static str) -> MemberError {
        MemberError { name, defect: self }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(json: &str) -> Members {
        Members::new(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn a_member_is_absent_empty_or_invalid() {
        let mut all = members(r#"{"a":null,"b":"","c":[],"d":1.5,"e":"text"}"#);
        assert_eq!(all.required::<String>("a"), Err(MemberDefect::Absent.of("a")));
        assert_eq!(all.required::<String>("b"), Err(MemberDefect::Empty.of("b")));
        assert_eq!(all.optional::<Vec<String>>("c"), Err(MemberDefect::Empty.of("c")));
        assert_eq!(all.required::<i64>("d"), Err(MemberDefect::Invalid.of("d")));
        assert_eq!(all.optional::<i64>("f"), Ok(None));
        assert_eq!(all.required::<String>("e").as_deref(), Ok("text"));
    }

    #[test]
    fn what_was_not_read_is_left_in_its_order() {
        let mut all = members(r#"{"z":1,"a":2,"m":3}"#);
        assert_eq!(all.required::<i64>("a"), Ok(2));
        assert_eq!(all.rest().keys().collect::<Vec<_>>(), ["z", "m"]);
    }
}
