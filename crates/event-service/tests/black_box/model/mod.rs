//! Random operations against the service and against a model in memory: no difference, ever. On
//! PostgreSQL each goes to one of two replicas.
//!
//! The seeds are fixed; `LOMBARD_MODEL_SEED` runs another one.

mod memory;
mod operation;

use crate::harness::{Answer, CLIENT, KeyManagerStandIn, OTHER_CLIENT, Setup, TestService};
use jiff::SignedDuration;
use memory::{Expected, Memory};
use operation::{Draws, Operation};
use serde_json::{Value, json};
use service_kit::shutdown::Shutdown;
use test_kit::TestDatabase;

/// The service under test beside its model.
struct Comparison {
    setup: Setup,
    /// One, or replicas on one database.
    services: Vec<TestService>,
    /// Ends the key manager's stand-in, which outlives the services.
    _shutdown: Shutdown,
    model: Memory,
    history: Vec<Operation>,
    /// SETs returned so far.
    returned: usize,
}

impl Comparison {
    async fn start(database: TestDatabase) -> Self {
        let replicas = if database.is_postgres() { 2 } else { 1 };
        let mut setup = Setup::new(database);
        let shutdown = Shutdown::new();
        let key_manager = KeyManagerStandIn::start(&setup.pki, &setup.clock, shutdown.signal());
        for client in CLIENTS {
            key_manager.set_client(client, "active");
        }
        setup.key_manager = Some(key_manager);
        let mut services = Vec::new();
        for _ in 0..replicas {
            services.push(TestService::with(&setup).await);
        }
        let (model, history) = (Memory::default(), Vec::new());
        Self { setup, services, _shutdown: shutdown, model, history, returned: 0 }
    }

    async fn run(&mut self, seed: u64, steps: usize) {
        let mut draws = Draws::new(seed);
        for _ in 0..steps {
            let operation = Operation::draw(&mut draws, &self.model);
            self.history.push(operation.clone());
            let replica = draws.below(self.services.len());
            self.perform(replica, operation).await;
        }
        self.drain().await;
        assert!(self.returned > steps / 2, "too little was compared: {}", self.returned);
    }

    async fn perform(&mut self, replica: usize, operation: Operation) {
        match operation {
            Operation::Create { client, event } => self.create(replica, client, event).await,
            Operation::Poll { client, request } => self.poll(replica, client, &request).await,
            Operation::Restart => self.restart(replica).await,
            Operation::StepClock { seconds } => {
                self.setup.clock.advance(SignedDuration::from_secs(seconds));
            }
        }
    }

    async fn create(&mut self, replica: usize, client: usize, event: Value) {
        let service = &self.services[replica];
        let answer = service.create_for(CLIENTS[client], &event.to_string()).await;
        self.same(&201, &answer.status, &answer);
        let id = answer.json()["notificationsID"].as_str().unwrap().to_owned();
        assert!(self.model.create(client, id, event), "an id came twice: {answer:?}");
    }

    async fn poll(&mut self, replica: usize, client: usize, request: &Value) {
        let service = &self.services[replica];
        let answer = service.poll_as(CLIENTS[client], &request.to_string()).await;
        self.same(&200, &answer.status, &answer);
        let expected = self.model.poll(client, request);
        self.compare(client, &expected, &answer);
    }

    /// A page has the ids that the model expects, each SET says what was created and is, byte for
    /// byte, what was returned before.
    fn compare(&mut self, client: usize, expected: &Expected, answer: &Answer) {
        self.same(&expected.ids, &answer.ids(), answer);
        self.returned += expected.ids.len();
        let body = answer.json();
        self.same(&json!(expected.more_available), &body["moreAvailable"], answer);
        for id in &expected.ids {
            let set = body["sets"][id].as_str().unwrap();
            let claims = claims(set);
            self.same(&json!(id), &claims["jti"], answer);
            self.same(&json!(CLIENTS[client]), &claims["aud"], answer);
            self.same(self.model.content(id), &claims["events"], answer);
            let before = self.model.returned(id, set);
            self.same(&before.as_str(), &set, answer);
        }
    }

    #[track_caller]
    fn same<T: PartialEq + std::fmt::Debug + ?Sized>(
        &self,
        expected: &T,
        found: &T,
        answer: &Answer,
    ) {
        if expected != found {
            let last = &self.history[self.history.len().saturating_sub(12)..];
            let step = self.history.len();
            panic!(
                "step {step}: expected {expected:?}, found {found:?} in {answer:?} after {last:#?}"
            );
        }
    }

    async fn restart(&mut self, replica: usize) {
        self.services[replica].stop();
        self.services[replica] = TestService::with(&self.setup).await;
    }

    /// Everything that waits is taken, page by page, in the order of the model.
    async fn drain(&mut self) {
        for client in 0..CLIENTS.len() {
            let mut acknowledged = Vec::new();
            loop {
                let request = json!({ "ack": acknowledged, "returnImmediately": true });
                self.poll(0, client, &request).await;
                acknowledged = self.model.first_page(client);
                if acknowledged.is_empty() {
                    break;
                }
            }
        }
    }
}

fn claims(set: &str) -> Value {
    use base64::Engine as _;
    let payload = set.split('.').nth(1).unwrap();
    let bytes = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

async fn compare_with_the_model(database: TestDatabase, seed: u64) {
    let seed = test_seed().unwrap_or(seed);
    Comparison::start(database).await.run(seed, STEPS).await;
}

#[expect(clippy::disallowed_methods, reason = "a test may be told its seed")]
fn test_seed() -> Option<u64> {
    std::env::var("LOMBARD_MODEL_SEED").ok()?.parse().ok()
}

test_kit::on_both_databases! {
    async fn ten_thousand_random_steps_agree_with_the_model_first_quarter(database: TestDatabase) {
        compare_with_the_model(database, 1).await;
    }

    async fn ten_thousand_random_steps_agree_with_the_model_second_quarter(database: TestDatabase) {
        compare_with_the_model(database, 2).await;
    }

    async fn ten_thousand_random_steps_agree_with_the_model_third_quarter(database: TestDatabase) {
        compare_with_the_model(database, 3).await;
    }

    async fn ten_thousand_random_steps_agree_with_the_model_last_quarter(database: TestDatabase) {
        compare_with_the_model(database, 4).await;
    }
}

const CLIENTS: [&str; 2] = [CLIENT, OTHER_CLIENT];
/// Four runs of these make ten thousand.
const STEPS: usize = 2_500;
