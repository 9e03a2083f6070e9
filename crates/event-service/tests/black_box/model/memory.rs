//! The model: what waits for whom, in the order of ids.

use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// What the service should remember.
#[derive(Debug, Default)]
pub(super) struct Memory {
    events: HashMap<String, Event>,
    open: [BTreeSet<String>; 2],
    /// All ids in the order of creation, for operations to choose from.
    ids: Vec<String>,
}

#[derive(Debug)]
struct Event {
    content: Value,
    /// The SET as it was first returned.
    set: Option<String>,
}

/// A page as the service should answer it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) ids: Vec<String>,
    pub(super) more_available: bool,
}

impl Memory {
    /// Whether the id is new.
    pub(super) fn create(&mut self, client: usize, id: String, content: Value) -> bool {
        self.open[client].insert(id.clone());
        self.ids.push(id.clone());
        self.events.insert(id, Event { content, set: None }).is_none()
    }

    /// Acknowledgements and error reports release what is open and this client's; then the page.
    pub(super) fn poll(&mut self, client: usize, request: &Value) -> Expected {
        for id in request["ack"].as_array().into_iter().flatten() {
            self.open[client].remove(id.as_str().unwrap());
        }
        for (id, _) in request["setErrs"].as_object().into_iter().flatten() {
            self.open[client].remove(id);
        }
        let limit =
            request["maxEvents"].as_u64().map_or(WHEN_ABSENT, |n| usize::try_from(n).unwrap());
        let ids: Vec<String> = self.open[client].iter().take(limit.min(CAP)).cloned().collect();
        let more_available = self.open[client].len() > ids.len();
        Expected { ids, more_available }
    }

    /// What a poll without a number would return now.
    pub(super) fn first_page(&self, client: usize) -> Vec<String> {
        self.open[client].iter().take(WHEN_ABSENT).cloned().collect()
    }

    /// What the bank said.
    pub(super) fn content(&self, id: &str) -> &Value {
        &self.events[id].content
    }

    /// The SET as it was first returned: now, if never before.
    pub(super) fn returned(&mut self, id: &str, set: &str) -> String {
        let event = self.events.get_mut(id).unwrap();
        event.set.get_or_insert_with(|| set.to_owned()).clone()
    }

    /// One of the ids ever created, if there is one; the last ones are the likeliest.
    pub(super) fn any_id(&self, draw: usize) -> Option<&str> {
        let recent = self.ids.len().min(40);
        let ids = &self.ids[self.ids.len() - recent..];
        (!ids.is_empty()).then(|| ids[draw % recent].as_str())
    }

    /// One of the ids that wait for `client`, the oldest the likeliest.
    pub(super) fn open_id(&self, client: usize, draw: usize) -> Option<&str> {
        let waiting = self.open[client].len().min(10);
        (waiting > 0).then(|| self.open[client].iter().nth(draw % waiting).unwrap().as_str())
    }
}

/// `number_of_sets_to_return`.
const WHEN_ABSENT: usize = 5;
/// `max_sets_per_poll`.
const CAP: usize = 100;
