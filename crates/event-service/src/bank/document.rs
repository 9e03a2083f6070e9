//! Events as JSON.

use crate::store::{EventStatus, InspectedEvent, LoggedEvent, Outcome, OutcomeKind, OutcomeWay};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::value::RawValue;

/// An event and what has happened to it.
#[derive(Serialize)]
pub(super) struct EventDocument {
    id: String,
    client_id: String,
    types: Box<RawValue>,
    resource_id: String,
    /// The profile of its SET.
    profile: String,
    /// The key that signed it.
    key_id: String,
    /// RFC 3339, as all times here.
    created_at: String,
    status: &'static str,
    outcomes: Vec<OutcomeDocument>,
}

/// One thing that happened.
#[derive(Serialize)]
struct OutcomeDocument {
    outcome: &'static str,
    via: &'static str,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    err: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

/// An event with its SET, as it was signed and decoded.
#[derive(Serialize)]
pub(super) struct InspectionDocument {
    #[serde(flatten)]
    event: EventDocument,
    #[serde(skip_serializing_if = "Option::is_none")]
    deliveries: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set: Option<SetDocument>,
}

#[derive(Serialize)]
struct SetDocument {
    jws: String,
    header: Box<RawValue>,
    claims: Box<RawValue>,
}

impl EventDocument {
    /// The document of `event`.
    pub(super) fn of(event: LoggedEvent) -> Self {
        Self {
            id: event.id.to_string(),
            client_id: event.client_id,
            types: raw(event.event_types),
            resource_id: event.resource_id,
            profile: event.profile,
            key_id: event.key_id,
            created_at: event.created_at.to_string(),
            status: status(event.status),
            outcomes: event.outcomes.into_iter().map(OutcomeDocument::of).collect(),
        }
    }
}

impl OutcomeDocument {
    fn of(outcome: Outcome) -> Self {
        Self {
            outcome: kind(outcome.kind),
            via: match outcome.way {
                OutcomeWay::Poll => "poll",
                OutcomeWay::Push => "push",
                OutcomeWay::Bank => "bank",
                OutcomeWay::Retention => "retention",
            },
            at: outcome.at.to_string(),
            err: outcome.err,
            description: outcome.description,
        }
    }
}

impl InspectionDocument {
    /// The document of `inspected`; deliveries where they are counted.
    pub(super) fn of(inspected: InspectedEvent, counts_deliveries: bool) -> Self {
        Self {
            event: EventDocument::of(inspected.event),
            deliveries: inspected.deliveries.filter(|_| counts_deliveries),
            set: SetDocument::of(inspected.set_jws),
        }
    }
}

impl SetDocument {
    /// `None` where nothing was signed.
    fn of(jws: String) -> Option<Self> {
        let mut parts = jws.split('.').map(decoded);
        let (header, claims) = (parts.next()??, parts.next()??);
        drop(parts);
        Some(Self { jws, header, claims })
    }
}

fn decoded(part: &str) -> Option<Box<RawValue>> {
    let json = String::from_utf8(URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
    RawValue::from_string(json).ok()
}

fn raw(json: String) -> Box<RawValue> {
    RawValue::from_string(json).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

fn status(status: EventStatus) -> &'static str {
    match status {
        EventStatus::Open => "open",
        EventStatus::Ended(outcome) => kind(outcome),
        EventStatus::Forgotten => "forgotten",
    }
}

fn kind(kind: OutcomeKind) -> &'static str {
    match kind {
        OutcomeKind::Acknowledged => "acknowledged",
        OutcomeKind::Errored => "errored",
        OutcomeKind::Expired => "expired",
        OutcomeKind::Exhausted => "exhausted",
        OutcomeKind::NotSubscribed => "not_subscribed",
        OutcomeKind::Reopened => "reopened",
    }
}
