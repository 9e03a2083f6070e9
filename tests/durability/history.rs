//! What the load was told: the only truth a client has.

use std::collections::BTreeSet;
use std::sync::Mutex;
use tokio::sync::watch;

/// Creates and acknowledgements by outcome. A request without an answer is neither done nor undone.
#[derive(Debug)]
pub struct History {
    outcomes: Mutex<Outcomes>,
    answers: watch::Sender<usize>,
}

#[derive(Clone, Debug, Default)]
struct Outcomes {
    created: BTreeSet<String>,
    acknowledged: BTreeSet<String>,
    possibly_acknowledged: BTreeSet<String>,
}

impl History {
    /// An event was answered 201.
    pub fn create_answered(&self, jti: String) {
        self.update(|outcomes| outcomes.created.insert(jti));
        self.count_answer();
    }

    /// A poll that acknowledged `jtis` was answered 200.
    pub fn acknowledge_answered(&self, jtis: Vec<String>) {
        self.update(|outcomes| outcomes.acknowledged.extend(jtis));
        self.count_answer();
    }

    /// A poll that acknowledged `jtis` was not answered.
    pub fn acknowledge_unanswered(&self, jtis: Vec<String>) {
        self.update(|outcomes| outcomes.possibly_acknowledged.extend(jtis));
    }

    /// Waits for this many answers in this round.
    pub async fn await_answers(&self, count: usize) {
        let mut answers = self.answers.subscribe();
        answers.wait_for(|answered| *answered >= count).await.expect("the history is alive");
    }

    /// Counts answers from zero again.
    pub fn next_round(&self) {
        self.answers.send_replace(0);
    }

    /// The events answered 201.
    pub fn created(&self) -> BTreeSet<String> {
        self.read().created
    }

    /// The events whose acknowledgement was answered 200.
    pub fn acknowledged(&self) -> BTreeSet<String> {
        self.read().acknowledged
    }

    /// The events whose acknowledgement was sent and not answered.
    pub fn possibly_acknowledged(&self) -> BTreeSet<String> {
        self.read().possibly_acknowledged
    }

    fn count_answer(&self) {
        self.answers.send_modify(|answered| *answered += 1);
    }

    fn read(&self) -> Outcomes {
        self.outcomes.lock().expect("no task panics while it writes").clone()
    }

    fn update<T>(&self, change: impl FnOnce(&mut Outcomes) -> T) {
        change(&mut self.outcomes.lock().expect("no task panics while it writes"));
    }
}

impl Default for History {
    fn default() -> Self {
        Self { outcomes: Mutex::default(), answers: watch::Sender::new(0) }
    }
}
