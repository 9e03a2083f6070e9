//! Creators and a poller that acknowledges, until the server goes away.

use crate::harness::{Bank, History, Installation, Poll, Tpp};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::task::JoinSet;

const CREATORS: usize = 6;

/// A running load.
#[derive(Debug)]
pub struct Load {
    tasks: JoinSet<()>,
}

/// Starts creators for `tpp` and its poller; each ends at the first request that is not answered.
pub fn start(installation: &Installation, tpp: &Tpp, history: &Arc<History>) -> Load {
    let mut tasks = JoinSet::new();
    for _ in 0..CREATORS {
        tasks.spawn(create(installation.bank(), tpp.client_id().to_owned(), Arc::clone(history)));
    }
    tasks.spawn(poll_and_acknowledge(tpp.clone(), Arc::clone(history)));
    Load { tasks }
}

impl Load {
    /// Waits until every task has noticed that the server is gone.
    pub async fn finish(mut self) {
        while let Some(ended) = self.tasks.join_next().await {
            ended.expect("no task of the load panics");
        }
    }
}

async fn create(bank: Bank, client_id: String, history: Arc<History>) {
    let events =
        json!({"urn:uk:org:openbanking:events:resource-update": {"resourceID": "1d80478b"}});
    while let Ok(response) = bank.create_request(&client_id, &events).send().await {
        let status = response.status();
        let Ok(answer) = response.json::<Value>().await else { return };
        if status != 201 {
            // A process on its way out may say that its database is gone, never that it has stored.
            assert_eq!(status.as_u16() / 100, 5, "{answer}");
            return;
        }
        history.create_answered(answer["notificationsID"].as_str().expect("an id").to_owned());
    }
}

async fn poll_and_acknowledge(tpp: Tpp, history: Arc<History>) {
    let mut acknowledging: Vec<String> = Vec::new();
    loop {
        let body = json!({"maxEvents": 5, "returnImmediately": true, "ack": acknowledging});
        let Some(page) = answered(&tpp, &body).await else {
            history.acknowledge_unanswered(acknowledging);
            return;
        };
        for jti in &history.acknowledged() {
            assert!(
                page.sets.iter().all(|(returned, _)| returned != jti),
                "{jti} was acknowledged before"
            );
        }
        history.acknowledge_answered(acknowledging);
        // Half of what came, so that there is always something left to lose.
        let half = page.sets.len().div_ceil(2);
        acknowledging = page.sets.into_iter().take(half).map(|(jti, _)| jti).collect();
    }
}

async fn answered(tpp: &Tpp, body: &Value) -> Option<Poll> {
    let response = tpp.poll_request(body).send().await.ok()?;
    let status = response.status();
    let text = response.text().await.ok()?;
    if status != 200 {
        assert_eq!(status.as_u16() / 100, 5, "{text}");
        return None;
    }
    Some(Poll::read(&text))
}
