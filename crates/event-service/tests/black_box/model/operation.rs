//! Operations drawn at random.

use super::memory::Memory;
use serde_json::{Map, Value, json};
use service_kit::Random as _;
use test_kit::SeededRandom;

/// What is done to service and model alike.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    /// The bank creates an event for a client.
    Create { client: usize, event: Value },
    /// A client polls, perhaps with acknowledgements and error reports.
    Poll { client: usize, request: Value },
    /// The process ends and starts again.
    Restart,
    /// The clock jumps, forward or back.
    StepClock { seconds: i64 },
}

/// Draws from a seed.
pub(super) struct Draws(SeededRandom);

impl Draws {
    pub(super) fn new(seed: u64) -> Self {
        Self(SeededRandom::new(seed))
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        (usize::from_le_bytes(bytes) >> 8) % end
    }
}

impl Operation {
    /// The next operation.
    pub(super) fn draw(draws: &mut Draws, model: &Memory) -> Self {
        let client = draws.below(2);
        match draws.below(1000) {
            0..450 => Self::Create { client, event: event(draws) },
            450..980 => Self::Poll { client, request: poll(draws, model, client) },
            980..996 => Self::StepClock { seconds: clock_step(draws) },
            _ => Self::Restart,
        }
    }
}

fn event(draws: &mut Draws) -> Value {
    let mut event = Map::new();
    for kind in EVENT_TYPES.iter().take(1 + draws.below(EVENT_TYPES.len())) {
        let information = json!({ "resourceID": draws.below(1_000_000).to_string() });
        event.insert((*kind).to_owned(), information);
    }
    Value::Object(event)
}

fn poll(draws: &mut Draws, model: &Memory, client: usize) -> Value {
    let mut request = Map::new();
    request.insert("returnImmediately".to_owned(), json!(true));
    if draws.below(4) > 0 {
        let most = [0, 1, 2, 3, 5, 8, 100, 1_000_000][draws.below(8)];
        request.insert("maxEvents".to_owned(), json!(most));
    }
    if draws.below(2) == 0 {
        let ids: Vec<String> = (0..draws.below(6)).map(|_| id(draws, model, client)).collect();
        request.insert("ack".to_owned(), json!(ids));
    }
    if draws.below(5) == 0 {
        let error = json!({ "err": "invalid_key", "description": "not to be verified" });
        let errors: Map<String, Value> =
            (0..draws.below(3)).map(|_| (id(draws, model, client), error.clone())).collect();
        request.insert("setErrs".to_owned(), Value::Object(errors));
    }
    Value::Object(request)
}

/// Mostly one that waits for the client; else anybody's, taken or not, or nobody's.
fn id(draws: &mut Draws, model: &Memory, client: usize) -> String {
    let draw = draws.below(1000);
    let known = match draws.below(10) {
        0 => None,
        1 | 2 => model.any_id(draw),
        _ => model.open_id(client, draw),
    };
    known.map_or_else(|| format!("0191{draw:04}-0000-7000-8000-000000000000"), str::to_owned)
}

fn clock_step(draws: &mut Draws) -> i64 {
    [1, 60, 3_600, 86_400, -1, -60, -3_600][draws.below(7)]
}

const EVENT_TYPES: [&str; 3] = [
    "urn:uk:org:openbanking:events:resource-update",
    "urn:uk:org:openbanking:events:consent-authorization-revoked",
    "urn:uk:org:openbanking:events:account-access-consent-linked-account-update",
];
