//! What is given up and forgotten while the service runs, by a simulated clock.

use crate::harness::{EVENT, Setup, TestService};
use event_service::Config;
use jiff::SignedDuration;
use serde_json::json;
use std::time::Duration;
use test_kit::TestDatabase;

/// Changes the configuration of a test.
type Configure = fn(&mut Config);

fn setup(database: TestDatabase, configure: impl FnOnce(&mut Config)) -> Setup {
    let mut setup = Setup::new(database);
    setup.config.retention.sweep_interval_seconds = 1;
    configure(&mut setup.config);
    setup
}

async fn rows(setup: &Setup, table: &str) -> i64 {
    use diesel::RunQueryDsl as _;
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        rows: i64,
    }
    let sql = format!("SELECT count(*) AS rows FROM {table}");
    let database = setup.open_database().await;
    let counted = database.read(move |conn| {
        Ok::<_, database::DatabaseError>(diesel::sql_query(sql).get_result::<Count>(conn)?.rows)
    });
    counted.await.unwrap()
}

async fn until_rows(setup: &Setup, table: &str, expected: i64) {
    while rows(setup, table).await != expected {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

#[actix_web::test]
async fn redelivery_of_errors_without_a_limit_and_outcomes_shorter_than_events_stop_the_start() {
    let refusals: [(Configure, &str); 4] = [
        (|config| config.redeliver_errored = true, "redeliver_errored needs max_deliveries"),
        (|config| config.retention.outcome_days = 5, "retention.outcome_days must be"),
        (
            |config| {
                config.retention.event_days = 6;
                config.retention.outcome_days = 5;
            },
            "retention.outcome_days must be",
        ),
        (|config| config.retention.idempotency_key_hours = 0, "retention.idempotency_key_hours"),
    ];
    for (configure, text) in refusals {
        let setup = setup(TestDatabase::sqlite(), configure);
        let refused = setup.assemble("https://localhost:1").await.unwrap_err().to_string();
        assert!(refused.contains(text), "{refused}");
    }
    let setup = setup(TestDatabase::sqlite(), |config| {
        (config.redeliver_errored, config.max_deliveries) = (true, 1);
        (config.retention.event_days, config.retention.outcome_days) = (5, 5);
    });
    assert!(setup.assemble("https://localhost:1").await.is_ok());
}

test_kit::on_both_databases! {
    async fn an_event_that_nobody_takes_is_given_up_at_its_age(database: TestDatabase) {
        let setup = setup(database, |config| config.max_event_age_days = 7);
        let service = TestService::with(&setup).await;
        service.created().await;
        service.clock.advance(days(6));
        let young = service.created().await;
        service.clock.advance(days(1) + SignedDuration::from_millis(1));
        until_rows(&setup, "event_outcome", 1).await;
        assert_eq!(service.poll("{}").await.ids(), [young]);
    }

    async fn nothing_is_given_up_or_forgotten_unless_configured(database: TestDatabase) {
        let setup = setup(database, |_| {});
        let service = TestService::with(&setup).await;
        let (old, taken) = (service.created().await, service.created().await);
        service.poll(&json!({"ack": [taken]}).to_string()).await;
        service.create_once("k", EVENT).await;
        service.clock.advance(days(1000));
        // The same sweep forgets the key, after everything else.
        until_rows(&setup, "idempotency_key", 0).await;
        assert_eq!(service.poll("{}").await.ids()[0], old);
        assert_eq!([rows(&setup, "event_log").await, rows(&setup, "event_outcome").await], [3, 1]);
    }

    async fn what_was_taken_is_forgotten_in_time_and_what_waits_is_not(database: TestDatabase) {
        let setup = setup(database, |config| {
            (config.retention.event_days, config.retention.outcome_days) = (30, 60);
        });
        let service = TestService::with(&setup).await;
        let (waiting, taken) = (service.created().await, service.created().await);
        service.poll(&json!({"ack": [taken]}).to_string()).await;
        service.clock.advance(days(31));
        until_rows(&setup, "event_log", 1).await;
        assert_eq!(rows(&setup, "event_outcome").await, 1);
        service.clock.advance(days(30));
        until_rows(&setup, "event_outcome", 0).await;
        assert_eq!(service.poll("{}").await.ids(), [waiting]);
    }

    async fn two_replicas_sweep_the_same_rows(database: TestDatabase) {
        let mut setup = setup(database, |config| {
            config.max_event_age_days = 1;
            (config.retention.event_days, config.retention.outcome_days) = (2, 3);
        });
        let first = TestService::with(&setup).await;
        setup.key_manager = Some(first.key_manager.clone());
        let second = TestService::with(&setup).await;
        for _ in 0..20 {
            second.created().await;
        }
        first.clock.advance(days(2));
        until_rows(&setup, "open_event", 0).await;
        assert_eq!(rows(&setup, "event_outcome").await, 20);
        first.clock.advance(days(1));
        until_rows(&setup, "event_log", 0).await;
        first.clock.advance(days(3));
        until_rows(&setup, "event_outcome", 0).await;
        let young = first.created().await;
        assert_eq!(second.poll("{}").await.ids(), [young]);
    }

    /// EV-12.
    async fn ev_12_a_reported_event_comes_back_as_often_as_configured(database: TestDatabase) {
        let setup = setup(database, |config| {
            (config.redeliver_errored, config.max_deliveries) = (true, 3);
        });
        let service = TestService::with(&setup).await;
        let id = service.created().await;
        let report = json!({"setErrs": {&id: {"err": "jwtIss", "description": "d"}}}).to_string();
        assert_eq!(service.poll("{}").await.ids(), [id.as_str()]);
        assert_eq!(service.poll(&report).await.ids(), [id.as_str()]);
        assert_eq!(service.poll(&report).await.ids(), [id.as_str()]);
        assert!(service.poll(&report).await.ids().is_empty());
        assert_eq!(rows(&setup, "event_outcome").await, 4);
    }
}
