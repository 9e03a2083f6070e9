//! Event types have several names: OBIE's code, the URN in the SET, the URN of older toolkits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A supported event type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventTypeNames {
    /// Every name that means it, in subscriptions and in events.
    pub names: Vec<String>,
}

/// A configured name that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("event_type.names: {name:?} {reason}")]
pub struct InvalidEventTypes {
    name: String,
    reason: &'static str,
}

/// The supported event types, found by any of their names.
#[derive(Debug)]
pub(crate) struct EventTypes {
    rows: HashMap<String, usize>,
}

/// What a name means: equal for all names of one event type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum EventType<'n> {
    /// A row of the configuration.
    Supported(usize),
    /// A name that stands for itself.
    Other(&'n str),
}

impl EventTypes {
    /// The event types as configured: each name once, of 1 to 200 characters.
    pub(crate) fn new(configured: &[EventTypeNames]) -> Result<Self, InvalidEventTypes> {
        let mut rows = HashMap::new();
        for (row, event_type) in configured.iter().enumerate() {
            for name in &event_type.names {
                let invalid = |reason| InvalidEventTypes { name: name.clone(), reason };
                if name.is_empty() || name.chars().count() > NAME_CHARACTERS {
                    return Err(invalid("is not a text of 1 to 200 characters"));
                }
                if rows.insert(name.clone(), row).is_some() {
                    return Err(invalid("is there twice"));
                }
            }
        }
        Ok(Self { rows })
    }

    /// Whether `name` is one of a supported event type.
    pub(crate) fn supports(&self, name: &str) -> bool {
        self.rows.contains_key(name)
    }

    /// Whether both names mean one event type.
    pub(crate) fn are_equal(&self, one: &str, other: &str) -> bool {
        self.of(one) == self.of(other)
    }

    /// What `name` means.
    pub(super) fn of<'n>(&self, name: &'n str) -> EventType<'n> {
        self.rows.get(name).map_or(EventType::Other(name), |row| EventType::Supported(*row))
    }
}

impl EventTypeNames {
    /// OBIE's event types (namespaced enumerations of 3.1.2 to 4.0.1, with the misspelt code of
    /// 3.1.2). Two codes mean the revocation of a consent, which has one URN.
    pub(crate) fn standard() -> Vec<Self> {
        let named =
            |names: &[&str]| Self { names: names.iter().map(ToString::to_string).collect() };
        vec![
            named(&[
                "UK.OBIE.Resource-Update",
                RESOURCE_UPDATE,
                "urn_uk_org_openbanking_events_resource-update",
            ]),
            named(&[
                "UK.OBIE.Consent-Authorization-Revoked",
                "UK.OBIE.Consent-Access-Revoked",
                "urn:uk:org:openbanking:events:consent-authorization-revoked",
                "urn_uk_org_openbanking_events_consent-authorization-revoked",
            ]),
            named(&[
                "UK.OBIE.Account-Access-Consent-Linked-Account-Update",
                "UK.OBIE.Acount-Access-Consent-Linked-Account-Update",
                "urn:uk:org:openbanking:events:account-access-consent-linked-account-update",
                "urn_uk_org_openbanking_events_account-access-consent-linked-account-update",
            ]),
            named(&[
                "urn:uk:org:openbanking:events:domestic-vrp-consent-linked-account-update",
                "urn_uk_org_openbanking_events_domestic-vrp-consent-linked-account-update",
            ]),
        ]
    }
}

/// The event type that callback URLs and old subscriptions are about.
pub(crate) const RESOURCE_UPDATE: &str = "urn:uk:org:openbanking:events:resource-update";
/// Characters of an event type's name, as of an event's.
const NAME_CHARACTERS: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_two_event_types_or_of_no_length_is_refused() {
        let names = |names: &[&str]| EventTypeNames {
            names: names.iter().map(ToString::to_string).collect(),
        };
        for configured in [
            vec![names(&["a", "a"])],
            vec![names(&["a"]), names(&["b", "a"])],
            vec![names(&[""])],
            vec![names(&[&"x".repeat(201)])],
        ] {
            EventTypes::new(&configured).unwrap_err();
        }
        EventTypes::new(&[names(&["a"]), names(&[]), names(&["A"])]).unwrap();
    }

    #[test]
    fn code_urn_and_underscore_form_are_one_event_type_and_no_other() {
        let types = EventTypes::new(&EventTypeNames::standard()).unwrap();
        for [one, other] in [
            ["UK.OBIE.Resource-Update", "urn:uk:org:openbanking:events:resource-update"],
            [
                "urn_uk_org_openbanking_events_consent-authorization-revoked",
                "UK.OBIE.Consent-Access-Revoked",
            ],
            ["own:type", "own:type"],
        ] {
            assert!(types.are_equal(one, other), "{one}, {other}");
        }
        for [one, other] in [
            ["UK.OBIE.Resource-Update", "UK.OBIE.Consent-Authorization-Revoked"],
            ["UK.OBIE.Resource-Update", "uk.obie.resource-update"],
            ["own:type", "own:types"],
        ] {
            assert!(!types.are_equal(one, other), "{one}, {other}");
        }
        assert!(types.supports("UK.OBIE.Acount-Access-Consent-Linked-Account-Update"));
        assert!(!types.supports("own:type"));
    }
}
