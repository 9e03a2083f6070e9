//! What the bank submits, checked step by step; each step's type is proof of the ones before.

use open_banking_types::security_event_token::RawEvents;
use serde_json::value::RawValue;

/// A JSON object with unambiguous members: event type → anything.
#[derive(Debug)]
pub(crate) struct SubmittedEvents(RawEvents);

/// Every information is a JSON object.
#[derive(Debug)]
pub(crate) struct ObjectEvents(RawEvents);

/// At least one event, all within the limits.
#[derive(Debug)]
pub(crate) struct AcceptedEvents(RawEvents);

/// Why a submission was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidSubmission {
    /// Not JSON, not an object, a repeated member, or nested too deep.
    #[error("not an unambiguous JSON object")]
    Json,
    /// No event, too many of them, a type or an information too long.
    #[error("outside the limits of an event")]
    Limits,
    /// An information that is not an object.
    #[error("an event information is not an object")]
    NotAnObject,
}

impl SubmittedEvents {
    /// Parses `json`. Information keeps the text in which it came (its numbers and escapes, its
    /// white space), because the SET carries it unchanged.
    pub(crate) fn parse(json: &str) -> Result<Self, InvalidSubmission> {
        // Read as it will stand in the claims: one level deeper, with no repeated member anywhere,
        // so that whoever reads the SET strictly can read all of it.
        let claims = format!(r#"{{"events":{json}}}"#);
        jose::from_str_strict::<serde_json::Value>(&claims).map_err(|_| InvalidSubmission::Json)?;
        serde_json::from_str(json).map(Self).map_err(|_| InvalidSubmission::Json)
    }

    /// Checks that every information is an object.
    pub(crate) fn objects(self) -> Result<ObjectEvents, InvalidSubmission> {
        let all = self.0.values().all(|information| information.get().starts_with('{'));
        if all { Ok(ObjectEvents(self.0)) } else { Err(InvalidSubmission::NotAnObject) }
    }
}

impl ObjectEvents {
    /// Checks counts and lengths.
    pub(crate) fn within_limits(self) -> Result<AcceptedEvents, InvalidSubmission> {
        let within = (1..=TYPES).contains(&self.0.len())
            && self.0.iter().all(|(event_type, information)| {
                (1..=TYPE_CHARACTERS).contains(&event_type.chars().count())
                    && information.get().len() <= INFORMATION_BYTES
            });
        if within { Ok(AcceptedEvents(self.0)) } else { Err(InvalidSubmission::Limits) }
    }
}

impl AcceptedEvents {
    /// The event types in the bank's order.
    pub(crate) fn types(&self) -> Vec<&str> {
        self.0.keys().collect()
    }

    /// Those whose type `is_wanted`; `None` where there is none.
    pub(crate) fn select(&self, is_wanted: impl Fn(&str) -> bool) -> Option<Self> {
        let wanted: RawEvents = self
            .0
            .iter()
            .filter(|(event_type, _)| is_wanted(event_type))
            .map(|(event_type, information)| (event_type.to_owned(), information.clone()))
            .collect();
        (!wanted.is_empty()).then_some(Self(wanted))
    }

    /// Type and information for the SET.
    pub(crate) fn as_claim(&self) -> &open_banking_types::OrderedMap<Box<RawValue>> {
        &self.0
    }
}

/// Event types of one event.
const TYPES: usize = 32;
/// Characters of an event type; in the toolkit's profile it need not be a URI.
const TYPE_CHARACTERS: usize = 200;
/// Bytes of one event's information, as it was sent.
const INFORMATION_BYTES: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::{AcceptedEvents, InvalidSubmission, SubmittedEvents};

    fn accept(json: &str) -> Result<AcceptedEvents, InvalidSubmission> {
        SubmittedEvents::parse(json)?.objects()?.within_limits()
    }

    fn nested(levels: usize) -> String {
        format!(r#"{{"t":{}1{}}}"#, r#"{"a":"#.repeat(levels), "}".repeat(levels))
    }

    #[test]
    fn only_an_unambiguous_object_is_a_submission() {
        for json in [
            "",
            " ",
            "[]",
            "\"x\"",
            "1",
            "null",
            "{",
            "{}}",
            "{'t':{}}",
            "{t:{}}",
            "{\"t\":{},}",
            r#"{"t":{},"t":{}}"#,
            r#"{"t":{"a":1,"a":2}}"#,
            r#"{"t":{"a":"\ud800"}}"#,
            r#"{"t":{"a":NaN}}"#,
            "\u{feff}{}",
            r#"{"t":{}} {"u":{}}"#,
            r#"{"t":{}},"x":{}"#,
            r#"{"t":{}}}"#,
        ] {
            assert_eq!(accept(json).unwrap_err(), InvalidSubmission::Json, "{json}");
        }
        assert_eq!(accept(&nested(100_000)).unwrap_err(), InvalidSubmission::Json);
    }

    #[test]
    fn what_is_accepted_can_be_read_strictly_from_the_claims() {
        let mut deepest = 0;
        while let Ok(events) = accept(&nested(deepest + 1)) {
            deepest += 1;
            let claims = serde_json::to_string(&serde_json::json!({"events": null})).unwrap();
            let events = serde_json::to_string(events.as_claim()).unwrap();
            let claims = claims.replace("null", &events);
            assert!(jose::from_str_strict::<serde_json::Value>(&claims).is_ok(), "{deepest}");
        }
        assert!(deepest > 8);
    }

    #[test]
    fn information_that_is_no_object_is_refused() {
        for value in ["1", "\"x\"", "[]", "null", "true"] {
            let json = format!(r#"{{"good":{{}},"t":{value}}}"#);
            assert_eq!(accept(&json).unwrap_err(), InvalidSubmission::NotAnObject, "{json}");
        }
    }

    #[test]
    fn limits_hold_at_the_limit_and_one_past_it() {
        let typed = |n: usize| accept(&format!(r#"{{"{}":{{}}}}"#, "é".repeat(n)));
        assert_eq!(typed(0).unwrap_err(), InvalidSubmission::Limits);
        assert!(typed(200).is_ok());
        assert_eq!(typed(201).unwrap_err(), InvalidSubmission::Limits);

        let sized = |n: usize| accept(&format!(r#"{{"t":{{"a":"{}"}}}}"#, "x".repeat(n - 8)));
        assert!(sized(16 * 1024).is_ok());
        assert_eq!(sized(16 * 1024 + 1).unwrap_err(), InvalidSubmission::Limits);

        let many = |n: usize| {
            let members: Vec<String> = (0..n).map(|i| format!(r#""t{i}":{{}}"#)).collect();
            accept(&format!("{{{}}}", members.join(",")))
        };
        assert_eq!(many(0).unwrap_err(), InvalidSubmission::Limits);
        assert!(many(32).is_ok());
        assert_eq!(many(33).unwrap_err(), InvalidSubmission::Limits);
    }

    #[test]
    fn information_keeps_the_text_in_which_it_came() {
        let json = r#"{"t": { "n" : 1.50e+2, "s":"\u00e9\/é" } }"#;
        let claim = serde_json::to_string(accept(json).unwrap().as_claim()).unwrap();
        assert_eq!(claim, r#"{"t":{ "n" : 1.50e+2, "s":"\u00e9\/é" }}"#);
    }
}
