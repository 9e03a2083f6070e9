//! Event subscriptions and callback URLs (OBIE events 3.1.2 to 4.0.1: `OBEventSubscription1`,
//! `OBCallbackUrl1`, their responses and lists).

use crate::fields::{FieldFault, Fields, InvalidField};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a receiver asks for, to make an event subscription or to change one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSubscriptionRequest {
    /// The id in the body, which only a change has.
    pub id: Option<String>,
    /// Where events are to be pushed to.
    pub callback_url: Option<String>,
    /// The version of the standard.
    pub version: String,
    /// The wanted types; `None`, as an empty list, wants all.
    pub event_types: Option<Vec<String>>,
}

/// What a receiver asks for, to make a callback URL or to change one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackUrlRequest {
    /// The id in the body, which only a change may have.
    pub id: Option<String>,
    /// Where resource updates are to be pushed to.
    pub url: String,
    /// The version of the standard.
    pub version: String,
}

/// An event subscription as it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventSubscription {
    /// Its id.
    pub event_subscription_id: String,
    /// Where events are pushed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_url: Option<String>,
    /// The version of the standard.
    pub version: String,
    /// The wanted types; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_types: Option<Vec<String>>,
}

/// A callback URL as it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CallbackUrl {
    /// Its id.
    pub callback_url_id: String,
    /// Where resource updates are pushed to.
    pub url: String,
    /// The version of the standard.
    pub version: String,
}

/// An answer of the Read/Write API: data with the address where they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Enveloped<D> {
    /// The data.
    pub data: D,
    /// Where they are.
    pub links: Links,
    /// About the answer.
    pub meta: Meta,
}

/// Addresses of an answer; what is here is never paged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Links {
    /// The absolute address of the data.
    #[serde(rename = "Self")]
    pub this: String,
}

/// `Meta`, which has no mandatory member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {}

impl EventSubscriptionRequest {
    /// Reads the body of a POST.
    pub fn read_new(document: &Value) -> Result<Self, InvalidField> {
        let data = Fields::of(document, "")?.closed(&["Data"])?.required("Data")?;
        Self::read(Fields::of(data, "Data")?, None)
    }

    /// Reads the body of a PUT, which is the resource with its id.
    pub fn read_change(document: &Value) -> Result<Self, InvalidField> {
        let data = changed_data(document)?;
        let id = data.text("EventSubscriptionId", limits::ID)?;
        Self::read(data, Some(id))
    }

    fn read(data: Fields<'_>, id: Option<String>) -> Result<Self, InvalidField> {
        let types = data.optional_texts("EventTypes", limits::EVENT_TYPES, limits::EVENT_TYPE)?;
        Ok(Self {
            id,
            callback_url: data.optional_text("CallbackUrl", limits::URL)?,
            version: data.text("Version", limits::VERSION)?,
            event_types: types.filter(|types| !types.is_empty()),
        })
    }
}

impl CallbackUrlRequest {
    /// Reads the body of a POST.
    pub fn read_new(document: &Value) -> Result<Self, InvalidField> {
        let data = Fields::of(document, "")?.closed(&["Data"])?.required("Data")?;
        Self::read(Fields::of(data, "Data")?, None)
    }

    /// Reads the body of a PUT: the resource, with its id as the standard's text has it, or without
    /// as its OpenAPI file does.
    pub fn read_change(document: &Value) -> Result<Self, InvalidField> {
        let data = changed_data(document)?;
        let id = data.optional_text("CallbackUrlId", limits::ID)?;
        Self::read(data, id)
    }

    fn read(data: Fields<'_>, id: Option<String>) -> Result<Self, InvalidField> {
        Ok(Self {
            id,
            url: data.text("Url", limits::URL)?,
            version: data.text("Version", limits::VERSION)?,
        })
    }
}

/// `Links` and `Meta` may stand beside the data, as they were answered; they say nothing here.
fn changed_data(document: &Value) -> Result<Fields<'_>, InvalidField> {
    let document = Fields::of(document, "")?.closed(&["Data", "Links", "Meta"])?;
    for name in ["Links", "Meta"] {
        if document.required(name).is_ok_and(|value| !value.is_object()) {
            return Err(FieldFault::WrongType.at(name));
        }
    }
    Fields::of(document.required("Data")?, "Data")
}

/// Limits in characters, the standard's where it has one.
pub mod limits {
    /// An id in a body.
    pub const ID: usize = 40;
    /// `Version`.
    pub const VERSION: usize = 10;
    /// A URL; the standard names none.
    pub const URL: usize = 2048;
    /// One of `EventTypes`, as of an event; the standard names none.
    pub const EVENT_TYPE: usize = 200;
    /// How many `EventTypes`; the standard names none.
    pub const EVENT_TYPES: usize = 64;
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn subscription(data: &Value) -> Result<EventSubscriptionRequest, InvalidField> {
        EventSubscriptionRequest::read_new(&json!({ "Data": data }))
    }

    #[test]
    fn what_is_not_the_closed_object_is_refused_by_its_path() {
        for (document, fault, path) in [
            (json!([]), FieldFault::WrongType, ""),
            (json!("x"), FieldFault::WrongType, ""),
            (json!({}), FieldFault::Missing, "Data"),
            (json!({"Data": null}), FieldFault::WrongType, "Data"),
            (json!({"Data": {"Version": "3.1"}, "Risk": {}}), FieldFault::Unknown, "Risk"),
            (json!({"Data": {"Version": "3.1"}, "Links": {}}), FieldFault::Unknown, "Links"),
            (json!({"data": {"Version": "3.1"}}), FieldFault::Unknown, "data"),
        ] {
            let expected = Err(fault.at(path));
            assert_eq!(EventSubscriptionRequest::read_new(&document), expected, "{document}");
            let expected = Err(fault.at(path));
            assert_eq!(CallbackUrlRequest::read_new(&document), expected, "{document}");
        }
    }

    #[test]
    fn a_faulty_field_is_refused_by_its_path() {
        for (data, fault, path) in [
            (json!({}), FieldFault::Missing, "Data.Version"),
            (json!({"Version": 3.1}), FieldFault::WrongType, "Data.Version"),
            (json!({"Version": null}), FieldFault::WrongType, "Data.Version"),
            (json!({"Version": ""}), FieldFault::Value, "Data.Version"),
            (json!({"Version": "12345678901"}), FieldFault::Value, "Data.Version"),
            (
                json!({"Version": "3.1", "CallbackUrl": 1}),
                FieldFault::WrongType,
                "Data.CallbackUrl",
            ),
            (json!({"Version": "3.1", "CallbackUrl": ""}), FieldFault::Value, "Data.CallbackUrl"),
            (
                json!({"Version": "3.1", "CallbackUrl": "a\u{0}"}),
                FieldFault::Value,
                "Data.CallbackUrl",
            ),
            (
                json!({"Version": "3.1", "EventTypes": "a"}),
                FieldFault::WrongType,
                "Data.EventTypes",
            ),
            (
                json!({"Version": "3.1", "EventTypes": ["a", 1]}),
                FieldFault::WrongType,
                "Data.EventTypes[1]",
            ),
            (
                json!({"Version": "3.1", "EventTypes": ["a", "x".repeat(201)]}),
                FieldFault::Value,
                "Data.EventTypes[1]",
            ),
            (
                json!({"Version": "3.1", "EventTypes": vec!["a"; 65]}),
                FieldFault::Value,
                "Data.EventTypes",
            ),
        ] {
            assert_eq!(subscription(&data), Err(fault.at(path)), "{data}");
        }
    }

    #[test]
    fn the_limits_themselves_are_accepted_and_unknown_data_ignored() {
        let data = json!({
            "Version": "1234567890",
            "CallbackUrl": "x".repeat(2048),
            "EventTypes": vec!["é".repeat(200); 64],
            "Other": [],
        });
        assert_eq!(subscription(&data).unwrap().event_types.unwrap().len(), 64);
        let all = subscription(&json!({"Version": "3.1", "EventTypes": []})).unwrap();
        assert_eq!(all.event_types, None);
    }

    #[test]
    fn a_change_of_a_subscription_names_it_and_one_of_a_callback_url_may() {
        let change = json!({"Data": {"Version": "3.1", "Url": "u"}, "Links": {}, "Meta": {}});
        let missing = Err(FieldFault::Missing.at("Data.EventSubscriptionId"));
        assert_eq!(EventSubscriptionRequest::read_change(&change), missing);
        assert_eq!(CallbackUrlRequest::read_change(&change).unwrap().id, None);
        let named = json!({"Data": {"Version": "3.1", "EventSubscriptionId": "x".repeat(41)}});
        let long = Err(FieldFault::Value.at("Data.EventSubscriptionId"));
        assert_eq!(EventSubscriptionRequest::read_change(&named), long);
        let wrong = json!({"Data": {"Version": "3.1", "Url": "u"}, "Meta": []});
        assert_eq!(CallbackUrlRequest::read_change(&wrong), Err(FieldFault::WrongType.at("Meta")));
    }

    #[test]
    fn an_answer_has_the_standards_member_names() {
        let data = EventSubscription {
            event_subscription_id: "id".to_owned(),
            callback_url: None,
            version: "4.0".to_owned(),
            event_types: Some(vec!["a".to_owned()]),
        };
        let links = Links { this: "https://a/b".to_owned() };
        let answer = serde_json::to_value(Enveloped { data, links, meta: Meta {} }).unwrap();
        assert_eq!(
            answer,
            json!({"Data": {"EventSubscriptionId": "id", "Version": "4.0", "EventTypes": ["a"]},
                   "Links": {"Self": "https://a/b"}, "Meta": {}})
        );
    }
}
