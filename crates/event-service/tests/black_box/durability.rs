//! What was answered with 201 is there after a restart; what failed was not answered with 201.

use crate::harness::{EVENT, Setup, TestService};
use database::DatabaseError;
use diesel::connection::SimpleConnection as _;
use futures_util::future::{join, join_all};
use serde_json::json;
use std::collections::HashSet;

async fn execute(setup: &Setup, sql: &'static str) {
    let database = setup.open_database().await;
    database.write(move |conn| conn.batch_execute(sql).map_err(DatabaseError::from)).await.unwrap();
}

async fn create_many(service: &TestService, count: usize) -> Vec<String> {
    let mut created = Vec::new();
    for _ in 0..count {
        created.push(service.created().await);
    }
    created
}

/// Polls and acknowledges; no id may come back to whoever has acknowledged it.
async fn take(service: &TestService, polls: usize) -> HashSet<String> {
    let (mut taken, mut page) = (HashSet::new(), Vec::new());
    for _ in 0..polls {
        let answer = service.poll(&json!({"ack": page, "maxEvents": 7}).to_string()).await;
        taken.extend(page);
        page = answer.ids();
        assert!(page.iter().all(|id| !taken.contains(id)), "{page:?}");
    }
    service.poll(&json!({"ack": page, "maxEvents": 0}).to_string()).await;
    taken.extend(page);
    taken
}

test_kit::on_both_databases! {
    async fn created_events_survive_a_restart_and_acknowledged_ones_stay_away(database: TestDatabase) {
        let mut setup = Setup::new(database);
        let first = TestService::with(&setup).await;
        let (taken, waiting) = (first.created().await, first.created().await);
        let before = first.poll(&json!({"ack": [taken]}).to_string()).await;
        assert_eq!(before.ids(), std::slice::from_ref(&waiting));
        first.stop();
        // The stand-in stops with its service.
        setup.key_manager = None;
        let second = TestService::with(&setup).await;
        assert_eq!(second.poll("{}").await.body, before.body);
    }

    async fn concurrent_creates_and_polls_lose_nothing_and_return_nothing_acknowledged(database: TestDatabase) {
        let service = TestService::on(database).await;
        let creators = join_all((0..4).map(|_| create_many(&service, 25)));
        let takers = join_all((0..3).map(|_| take(&service, 40)));
        let (created, taken) = join(creators, takers).await;
        let created: HashSet<String> = created.into_iter().flatten().collect();
        let mut taken: HashSet<String> = taken.into_iter().flatten().collect();
        taken.extend(take(&service, 40).await);
        assert_eq!(created.len(), 100);
        assert_eq!(taken, created);
        assert_eq!(service.poll("{}").await.json(), json!({"moreAvailable": false, "sets": {}}));
    }

    async fn a_failing_database_is_a_503_and_no_event(database: TestDatabase) {
        let setup = Setup::new(database);
        let service = TestService::with(&setup).await;
        service.created().await;
        execute(&setup, "ALTER TABLE open_event RENAME TO away").await;
        let refused = service.create(EVENT).await;
        assert_eq!((refused.status, &refused.json()["error_description"]), (503, &"OB Event Notification Creation error".into()));
        let refused = service.accelerator_poll("{}").await;
        assert_eq!((refused.status, &refused.json()["error_description"]), (503, &"Error when retrieving OB event notifications.".into()));
        service.poll("{}").await.assert_open_banking_error(503, "UK.OBIE.UnexpectedError");
        execute(&setup, "ALTER TABLE away RENAME TO open_event").await;
        assert_eq!(service.poll("{}").await.ids().len(), 1);
    }
}
