//! What the bank submits, checked step by step; each step's type is proof of the ones before.

use crate::set::SetProfile;
use open_banking_types::security_event_token::RawEvents;
use serde_json::value::RawValue;

/// A JSON object with unambiguous members: event type → anything.
#[derive(Debug)]
pub(crate) struct SubmittedEvents(RawEvents);

/// Every information is a JSON object.
#[derive(Debug)]
pub(crate) struct ObjectEvents(RawEvents);

/// At least one event, all within the limits of a profile.
#[derive(Debug)]
pub(crate) struct AcceptedEvents {
    events: RawEvents,
    profile: SetProfile,
}

/// Why a submission was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidSubmission {
    /// Not JSON, not an object, a repeated member, or nested too deep.
    #[error("not an unambiguous JSON object")]
    Json,
    /// No event, too many of them for the profile, a type or an information too long, or a type that
    /// is no URI where the profile wants one.
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
    /// Checks counts, lengths and what `profile` asks of event types.
    pub(crate) fn within_limits(
        self,
        profile: SetProfile,
    ) -> Result<AcceptedEvents, InvalidSubmission> {
        let within = (1..=profile.most_types()).contains(&self.0.len())
            && self.0.iter().all(|(event_type, information)| {
                (1..=TYPE_CHARACTERS).contains(&event_type.chars().count())
                    && (!profile.wants_uris() || is_uri(event_type))
                    && information.get().len() <= INFORMATION_BYTES
            });
        if within {
            Ok(AcceptedEvents { events: self.0, profile })
        } else {
            Err(InvalidSubmission::Limits)
        }
    }
}

impl AcceptedEvents {
    /// The profile within whose limits they are.
    pub(crate) fn profile(&self) -> SetProfile {
        self.profile
    }

    /// The event types in the bank's order.
    pub(crate) fn types(&self) -> Vec<&str> {
        self.events.keys().collect()
    }

    /// Those whose type `is_wanted`; `None` where there is none.
    pub(crate) fn select(&self, is_wanted: impl Fn(&str) -> bool) -> Option<Self> {
        let wanted: RawEvents = self
            .events
            .iter()
            .filter(|(event_type, _)| is_wanted(event_type))
            .map(|(event_type, information)| (event_type.to_owned(), information.clone()))
            .collect();
        (!wanted.is_empty()).then_some(Self { events: wanted, profile: self.profile })
    }

    /// Type and information for the SET.
    pub(crate) fn as_claim(&self) -> &open_banking_types::OrderedMap<Box<RawValue>> {
        &self.events
    }
}

/// Whether `text` has the characters of a URI (RFC 3986 §2, §3.1) after a scheme.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let escaped = rest
        .split('%')
        .skip(1)
        .all(|part| part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()));
    let allowed = rest
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte));
    is_scheme && allowed && escaped && !rest.is_empty()
}

/// Characters of an event type.
const TYPE_CHARACTERS: usize = 200;
/// Bytes of one event's information, as it was sent.
const INFORMATION_BYTES: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::{AcceptedEvents, InvalidSubmission, SubmittedEvents, is_uri};
    use crate::set::SetProfile;

    fn accept(json: &str) -> Result<AcceptedEvents, InvalidSubmission> {
        accept_in(SetProfile::Wso2, json)
    }

    fn accept_in(profile: SetProfile, json: &str) -> Result<AcceptedEvents, InvalidSubmission> {
        SubmittedEvents::parse(json)?.objects()?.within_limits(profile)
    }

    #[test]
    fn event_types_are_uris_in_the_profiles_that_want_them() {
        for text in [
            "",
            ":",
            "a",
            "a:",
            ":a",
            "1a:b",
            "a b:c",
            "urn:a b",
            "urn:é",
            "urn:%",
            "urn:%4",
            "urn:%4g",
            "urn:a%zz",
            "urn:\"",
            "urn:<a>",
            "urn:\u{0}",
            "urn_uk_org_openbanking_events_resource-update",
        ] {
            assert!(!is_uri(text), "{text:?}");
            let json = format!("{{{}:{{}}}}", serde_json::to_string(text).unwrap());
            for profile in [SetProfile::Obie, SetProfile::Ssf] {
                let refused = accept_in(profile, &json).unwrap_err();
                assert_eq!(refused, InvalidSubmission::Limits, "{text:?}");
            }
        }
        for text in [
            "urn:uk:org:openbanking:events:resource-update",
            "https://schemas.openid.net/secevent/ssf/event-type/verification",
            "urn:a%4fb",
            "a+b-c.1:x",
        ] {
            let json = format!(r#"{{"{text}":{{}}}}"#);
            assert!(accept_in(SetProfile::Obie, &json).is_ok(), "{text}");
            assert!(accept_in(SetProfile::Ssf, &json).is_ok(), "{text}");
        }
    }

    #[test]
    fn an_event_of_shared_signals_has_exactly_one_type() {
        let two = r#"{"urn:a:b":{},"urn:a:c":{}}"#;
        assert!(accept_in(SetProfile::Obie, two).is_ok());
        assert_eq!(accept_in(SetProfile::Ssf, two).unwrap_err(), InvalidSubmission::Limits);
        assert_eq!(accept_in(SetProfile::Ssf, "{}").unwrap_err(), InvalidSubmission::Limits);
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
