//! Nothing acknowledged is lost: `kill -9` under load, twenty times, on both databases.

use crate::harness::{History, Installation, Progress, Storage, load};
use std::sync::Arc;
use test_kit::TestDatabase;

const ROUNDS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9_on_sqlite() {
    survives_kill_9(Storage::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9_on_postgresql() {
    // Says so where it is absent on purpose.
    if TestDatabase::postgres().is_some() {
        survives_kill_9(Storage::Postgres).await;
    }
}

/// AS-22.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_used_assertion_stays_refused_after_kill_9_on_sqlite() {
    used_assertion_stays_refused(Storage::Sqlite).await;
}

/// AS-22.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_used_assertion_stays_refused_after_kill_9_on_postgresql() {
    if TestDatabase::postgres().is_some() {
        used_assertion_stays_refused(Storage::Postgres).await;
    }
}

async fn used_assertion_stays_refused(storage: Storage) {
    let mut installation = Installation::start(storage);
    let tpp = installation.tpp("acme");
    let assertions: Vec<String> = (0..5).map(|_| tpp.assertion(&installation)).collect();
    for assertion in &assertions {
        assert_eq!(tpp.request_token(assertion).await.status(), 200);
    }
    installation.kill();
    installation.serve();
    for assertion in &assertions {
        assert_eq!(tpp.request_token(assertion).await.status(), 401);
    }
    assert_eq!(tpp.request_token(&tpp.assertion(&installation)).await.status(), 200);
}

async fn survives_kill_9(storage: Storage) {
    let mut installation = Installation::start(storage);
    let mut tpp = installation.tpp("acme");
    let history = Arc::new(History::default());
    for round in 0..ROUNDS {
        let used_assertion = tpp.assertion(&installation);
        let answer = tpp.request_token(&used_assertion).await;
        assert_eq!(
            answer.status(),
            200,
            "round {round}: {}",
            answer.text().await.unwrap_or_default()
        );
        tpp.authorize(&installation).await;

        let load = load::start(&installation, &tpp, &history);
        // Further into the load each time, so that the kill meets every state of it.
        let progress = Progress { creates: 20 + 7 * round, acknowledgements: 1 + round };
        history.await_progress(progress).await;
        installation.kill();
        load.finish().await;
        installation.serve();

        let replay = tpp.request_token(&used_assertion).await;
        assert_eq!(
            replay.status(),
            401,
            "round {round}: a used assertion was accepted after a crash"
        );
        history.next_round();
    }
    assert!(history.created().len() > ROUNDS, "the load created next to nothing");
    history.check_nothing_lost(&tpp.drain().await);
}
