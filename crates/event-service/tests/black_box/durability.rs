//! What was answered with 201 is there after a restart; what failed was not answered with 201.

use crate::harness::{EVENT, Setup, TestService};
use database::DatabaseError;
use diesel::connection::SimpleConnection as _;
use serde_json::json;

async fn execute(setup: &Setup, sql: &'static str) {
    let database = setup.open_database().await;
    database.write(move |conn| conn.batch_execute(sql).map_err(DatabaseError::from)).await.unwrap();
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
