//! Reading a poll: strict types, limits, and errors that name the member at fault.

use crate::OrderedMap;
use crate::events::{PollRequest, SetError, limits};
use serde_json::{Map, Value};

/// How strictly `maxEvents` and `returnImmediately` are typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// WSO2's Accelerator: `maxEvents` may be a numeric string, `returnImmediately` is not read.
    Accelerator,
    /// RFC 8936 and OBIE: an integer and a boolean.
    OpenBanking,
}

/// What is wrong with a poll, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPoll {
    /// The kind of fault.
    pub fault: PollFault,
    /// The member at fault, dotted (`setErrs.JTI.err`); empty for the document itself.
    pub path: String,
}

/// The kinds of fault of a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollFault {
    /// A mandatory member is not there.
    Missing,
    /// The right type with a value out of bounds.
    Value,
    /// Not of the expected JSON type.
    WrongType,
}

impl PollRequest {
    /// Reads a parsed JSON document; unknown members are ignored, `null` is a wrong type.
    pub fn read(document: &Value, dialect: Dialect) -> Result<Self, InvalidPoll> {
        let members = object(document, "")?;
        Ok(Self {
            max_events: optional(members, "maxEvents", |value| max_events(value, dialect))?,
            return_immediately: match dialect {
                Dialect::Accelerator => None,
                Dialect::OpenBanking => optional(members, "returnImmediately", boolean)?,
            },
            ack: optional(members, "ack", ack)?.unwrap_or_default(),
            set_errs: optional(members, "setErrs", set_errs)?.unwrap_or_default(),
        })
    }
}

fn optional<T>(
    members: &Map<String, Value>,
    name: &str,
    read: impl FnOnce(&Value) -> Result<T, InvalidPoll>,
) -> Result<Option<T>, InvalidPoll> {
    members.get(name).map(read).transpose()
}

fn max_events(value: &Value, dialect: Dialect) -> Result<u64, InvalidPoll> {
    match (value, dialect) {
        (Value::Number(number), _) => {
            number.as_u64().ok_or_else(|| invalid(PollFault::Value, "maxEvents"))
        }
        (Value::String(text), Dialect::Accelerator) if is_decimal(text) => {
            text.parse().map_err(|_| invalid(PollFault::Value, "maxEvents"))
        }
        _ => Err(invalid(PollFault::WrongType, "maxEvents")),
    }
}

/// Digits only: `u64::from_str` would take a sign as well.
fn is_decimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn boolean(value: &Value) -> Result<bool, InvalidPoll> {
    value.as_bool().ok_or_else(|| invalid(PollFault::WrongType, "returnImmediately"))
}

fn ack(value: &Value) -> Result<Vec<String>, InvalidPoll> {
    let ids = value.as_array().ok_or_else(|| invalid(PollFault::WrongType, "ack"))?;
    ids.iter().map(|id| bounded_text(id, limits::JTI, "ack")).collect()
}

fn set_errs(value: &Value) -> Result<OrderedMap<SetError>, InvalidPoll> {
    object(value, "setErrs")?.iter().map(|(id, report)| set_error(id, report)).collect()
}

fn set_error(id: &str, report: &Value) -> Result<(String, SetError), InvalidPoll> {
    let path = format!("setErrs.{}", shown(id));
    bounded(id, limits::JTI, "setErrs")?;
    let members = object(report, &path)?;
    let text = |name: &str, most: usize| {
        let path = format!("{path}.{name}");
        let value = members.get(name).ok_or_else(|| invalid(PollFault::Missing, &path))?;
        storable(bounded_text(value, most, &path)?, &path)
    };
    let error = SetError {
        err: text("err", limits::ERR)?,
        description: text("description", limits::DESCRIPTION)?,
    };
    Ok((id.to_owned(), error))
}

/// The beginning of an id, so that a path stays within the 500 characters of OBIE's `Path`.
fn shown(id: &str) -> &str {
    id.char_indices().nth(limits::JTI).map_or(id, |(end, _)| &id[..end])
}

fn object<'v>(value: &'v Value, path: &str) -> Result<&'v Map<String, Value>, InvalidPoll> {
    value.as_object().ok_or_else(|| invalid(PollFault::WrongType, path))
}

fn bounded_text(value: &Value, most: usize, path: &str) -> Result<String, InvalidPoll> {
    let text = value.as_str().ok_or_else(|| invalid(PollFault::WrongType, path))?;
    bounded(text, most, path)?;
    Ok(text.to_owned())
}

/// A NUL says nothing to anybody, and PostgreSQL keeps none in a text.
fn storable(text: String, path: &str) -> Result<String, InvalidPoll> {
    if text.contains('\0') { Err(invalid(PollFault::Value, path)) } else { Ok(text) }
}

fn bounded(text: &str, most: usize, path: &str) -> Result<(), InvalidPoll> {
    let length = text.chars().take(most + 1).count();
    if (1..=most).contains(&length) { Ok(()) } else { Err(invalid(PollFault::Value, path)) }
}

fn invalid(fault: PollFault, path: &str) -> InvalidPoll {
    InvalidPoll { fault, path: path.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{Dialect, InvalidPoll, PollFault, invalid};
    use crate::events::PollRequest;
    use serde_json::json;

    fn open_banking(document: &serde_json::Value) -> Result<PollRequest, InvalidPoll> {
        PollRequest::read(document, Dialect::OpenBanking)
    }

    fn accelerator(document: &serde_json::Value) -> Result<PollRequest, InvalidPoll> {
        PollRequest::read(document, Dialect::Accelerator)
    }

    #[test]
    fn max_events_is_an_integer_from_zero() {
        for (value, fault) in [
            (json!(-1), PollFault::Value),
            (json!(1.5), PollFault::Value),
            (json!("3"), PollFault::WrongType),
            (json!(null), PollFault::WrongType),
            (json!([1]), PollFault::WrongType),
            (json!(true), PollFault::WrongType),
        ] {
            assert_eq!(
                open_banking(&json!({ "maxEvents": value })),
                Err(invalid(fault, "maxEvents"))
            );
        }
        assert_eq!(open_banking(&json!({"maxEvents": 0})).unwrap().max_events, Some(0));
        let large = open_banking(&json!({"maxEvents": 1_000_000_000_000_u64})).unwrap();
        assert_eq!(large.max_events, Some(1_000_000_000_000));
    }

    #[test]
    fn the_accelerator_takes_a_numeric_string_but_no_sign_and_no_fraction() {
        assert_eq!(accelerator(&json!({"maxEvents": "3"})).unwrap().max_events, Some(3));
        for text in ["", "+3", "-3", "3.0", "three", " 3", "99999999999999999999999"] {
            assert!(accelerator(&json!({ "maxEvents": text })).is_err(), "{text}");
        }
    }

    #[test]
    fn return_immediately_is_a_boolean_unless_it_is_not_read() {
        let text = json!({"returnImmediately": "true"});
        assert_eq!(open_banking(&text).unwrap_err().path, "returnImmediately");
        assert!(accelerator(&text).is_ok());
    }

    #[test]
    fn ids_have_1_to_128_characters() {
        let poll = |id: String| open_banking(&json!({ "ack": [id] }));
        assert!(poll(String::new()).is_err());
        assert!(poll("é".repeat(129)).is_err());
        assert!(poll("é".repeat(128)).is_ok());
        let report = |id: String| {
            open_banking(&json!({"setErrs": {id: {"err": "jwtIss", "description": "d"}}}))
        };
        assert!(report(String::new()).is_err());
        assert!(report("x".repeat(129)).is_err());
        assert!(report("x".repeat(128)).is_ok());
    }

    #[test]
    fn a_report_needs_err_and_description_within_their_limits() {
        let report = |value: serde_json::Value| open_banking(&json!({ "setErrs": { "j": value } }));
        assert_eq!(
            report(json!({"description": "d"})),
            Err(invalid(PollFault::Missing, "setErrs.j.err"))
        );
        assert_eq!(
            report(json!({"err": "e"})),
            Err(invalid(PollFault::Missing, "setErrs.j.description"))
        );
        assert!(report(json!({"err": "e".repeat(41), "description": "d"})).is_err());
        assert!(report(json!({"err": "e", "description": "d".repeat(257)})).is_err());
        assert!(report(json!({"err": "", "description": "d"})).is_err());
        assert!(report(json!({"err": 4, "description": "d"})).is_err());
        assert!(report(json!("e")).is_err());
        assert!(report(json!({"err": "e".repeat(40), "description": "d".repeat(256)})).is_ok());
    }

    #[test]
    fn a_report_with_a_nul_is_refused() {
        for (err, description, path) in
            [("e\0", "d", "setErrs.j.err"), ("e", "\0d", "setErrs.j.description")]
        {
            let report = json!({"setErrs": {"j": {"err": err, "description": description}}});
            assert_eq!(open_banking(&report), Err(invalid(PollFault::Value, path)));
            assert_eq!(accelerator(&report), Err(invalid(PollFault::Value, path)));
        }
    }

    #[test]
    fn ack_is_an_array_of_strings_and_set_errs_an_object() {
        for document in [
            json!({"ack": "x"}),
            json!({"ack": {"x": 1}}),
            json!({"ack": [1]}),
            json!({"ack": null}),
            json!({"setErrs": ["x"]}),
            json!({"setErrs": null}),
        ] {
            assert!(open_banking(&document).is_err(), "{document}");
        }
    }

    #[test]
    fn only_an_object_is_a_poll_and_unknown_members_are_ignored() {
        for document in [json!([]), json!("x"), json!(1), json!(null), json!(true)] {
            assert_eq!(open_banking(&document), Err(invalid(PollFault::WrongType, "")));
        }
        assert_eq!(open_banking(&json!({"unknown": [1]})), Ok(PollRequest::default()));
    }
}
