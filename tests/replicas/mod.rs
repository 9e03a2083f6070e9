//! Several processes on one PostgreSQL.

use crate::harness::{Installation, Storage};
use std::sync::Arc;
use test_kit::TestDatabase;
use tokio::task::JoinSet;

const COPIES: usize = 50;

/// AS-21.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_copies_of_an_assertion_over_two_processes_one_gets_a_token() {
    // Says so where PostgreSQL is absent on purpose.
    if TestDatabase::postgres().is_none() {
        return;
    }
    let first = Installation::start(Storage::Postgres);
    let second = first.key_manager_replica();
    let tpp = Arc::new(first.tpp("acme"));
    let assertion = Arc::new(tpp.assertion(&first));
    let addresses = [first.url("identity"), second.listener("IDENTITY")];
    assert_ne!(addresses[0], addresses[1]);

    let mut requests = JoinSet::new();
    for copy in 0..COPIES {
        let (tpp, assertion, address) =
            (Arc::clone(&tpp), Arc::clone(&assertion), addresses[copy % 2].clone());
        requests.spawn(async move {
            tpp.request_token_at(&address, &assertion).await.status().as_u16()
        });
    }
    let statuses = requests.join_all().await;

    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(
        statuses.iter().filter(|status| **status == 401).count(),
        COPIES - 1,
        "{statuses:?}"
    );
}
