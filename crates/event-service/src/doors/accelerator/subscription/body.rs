//! The JSON object that creates or changes a subscription.

use super::error::SubscriptionError;
use crate::subscriptions::{CallbackUrl, SubscriptionContent};
use serde_json::{Map, Value};
use service_kit::outbound::GuardedClient;
use std::collections::HashSet;

/// What the bank asks for.
#[derive(Clone, Debug)]
pub(super) struct Order {
    callback_url: Option<CallbackUrl>,
    version: Option<String>,
    /// Empty where the request names none.
    event_types: Vec<String>,
    request: Map<String, Value>,
}

impl Order {
    /// Reads a body. As WSO2 does, what is no list of event types is none, and entries that are no
    /// texts are passed over.
    pub(super) fn read(body: &[u8], outbound: &GuardedClient) -> Result<Self, SubscriptionError> {
        let json = std::str::from_utf8(body).map_err(|_| SubscriptionError::Unreadable)?;
        let document: Value =
            jose::from_str_strict(json).map_err(|_| SubscriptionError::Unparsable)?;
        let Value::Object(request) = document else { return Err(SubscriptionError::NotAnObject) };
        let callback_url = match text(&request, "callbackUrl", MOST_URL)? {
            None => None,
            Some(url) => Some(
                CallbackUrl::registered(url, outbound)
                    .map_err(|_| SubscriptionError::Member("callbackUrl"))?,
            ),
        };
        Ok(Self {
            callback_url,
            version: text(&request, "version", MOST_VERSION)?,
            event_types: event_types(&request)?,
            request,
        })
    }

    /// The content of a new subscription.
    pub(super) fn content(self) -> SubscriptionContent {
        SubscriptionContent {
            callback_url: self.callback_url,
            version: self.version,
            event_types: wanted(self.event_types),
            request: Some(Value::Object(self.request).to_string()),
        }
    }

    /// What `old` becomes: the callback URL goes where the request leaves it out; the version stays;
    /// event types stay where the request names none; of the stored request those members change
    /// that it has.
    pub(super) fn changed(&self, old: &SubscriptionContent) -> SubscriptionContent {
        let event_types = match wanted(self.event_types.clone()) {
            None => old.event_types.clone(),
            some => some,
        };
        SubscriptionContent {
            callback_url: self.callback_url.clone(),
            version: old.version.clone(),
            event_types,
            request: old.request.as_deref().map(|request| self.merged(request)),
        }
    }

    fn merged(&self, stored: &str) -> String {
        let Ok(Value::Object(mut stored)) = serde_json::from_str(stored) else {
            return stored.to_owned();
        };
        for (name, value) in &mut stored {
            if let Some(new) = self.request.get(name) {
                *value = new.clone();
            }
        }
        Value::Object(stored).to_string()
    }
}

/// A text that may be absent; `null` is as absent.
fn text(
    request: &Map<String, Value>,
    name: &'static str,
    most: usize,
) -> Result<Option<String>, SubscriptionError> {
    match request.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if is_storable(text, most) => Ok(Some(text.clone())),
        Some(_) => Err(SubscriptionError::Member(name)),
    }
}

fn event_types(request: &Map<String, Value>) -> Result<Vec<String>, SubscriptionError> {
    let listed = request.get("eventTypes").and_then(Value::as_array);
    let types: Vec<String> =
        listed.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let mut seen = HashSet::new();
    let is_good = types.len() <= MOST_TYPES
        && types.iter().all(|name| is_storable(name, MOST_TYPE) && seen.insert(name));
    if is_good { Ok(types) } else { Err(SubscriptionError::Member("eventTypes")) }
}

/// Some characters, and no NUL, which PostgreSQL keeps in no text.
fn is_storable(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.chars().take(most + 1).count()) && !text.contains('\0')
}

fn wanted(event_types: Vec<String>) -> Option<Vec<String>> {
    (!event_types.is_empty()).then_some(event_types)
}

/// Characters, and how many event types.
const MOST_URL: usize = 2048;
const MOST_VERSION: usize = 255;
const MOST_TYPE: usize = 200;
const MOST_TYPES: usize = 64;
