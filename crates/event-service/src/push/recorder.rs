//! Records outcomes, as many together as have come in, for as long as it takes.

use super::PushRules;
use crate::audit;
use crate::store::{PushOutcome, RecordedPush, Store};
use service_kit::SharedClock;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender};

/// Takes the outcomes of this process's attempts.
#[derive(Debug)]
pub(super) struct Recorder {
    pub(super) store: Store,
    pub(super) rules: PushRules,
    pub(super) clock: SharedClock,
}

impl Recorder {
    /// Records what comes in and tells of it, until nobody sends any more.
    pub(super) async fn run(
        self,
        mut outcomes: Receiver<PushOutcome>,
        recorded: Sender<Vec<RecordedPush>>,
    ) {
        let mut batch = Vec::new();
        while outcomes.recv_many(&mut batch, MOST_TOGETHER).await > 0 {
            let done = self.record(std::mem::take(&mut batch)).await;
            // Nobody listens any more when the scheduler has been stopped hard.
            let _ = recorded.send(done).await;
        }
    }

    /// A database that is away is asked again: what a receiver has accepted must not be sent twice.
    async fn record(&self, outcomes: Vec<PushOutcome>) -> Vec<RecordedPush> {
        loop {
            let now = self.clock.now();
            match self.store.record_pushes(outcomes.clone(), self.rules, now).await {
                Ok(recorded) => {
                    audit::pushes_recorded(&recorded);
                    return recorded;
                }
                Err(error) => {
                    tracing::warn!(%error, outcomes = outcomes.len(), "outcomes of pushes were not recorded");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }
}

const MOST_TOGETHER: usize = 128;
const RETRY: Duration = Duration::from_secs(1);
