//! What only PostgreSQL can meet: deadlocks, lost connections, unsafe settings.

use crate::support::{
    BusyWriters, Started, batched, execute, insert, is_unavailable, notes, open, open_with,
    options, url,
};
use database::{AnyConnection, Database, DatabaseError, DatabaseOptions, DatabaseUrl};
use diesel::connection::SimpleConnection;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use test_kit::TestDatabase;

/// Runs `test` with a database of its own, or says that it is skipped.
pub fn with_postgres<F: Future<Output = ()>>(test: impl FnOnce(TestDatabase) -> F) {
    if let Some(database) = TestDatabase::postgres() {
        test_kit::run_test(test(database));
    }
}

pub fn sql(connection: &mut AnyConnection, sql: &str) -> Result<(), DatabaseError> {
    connection.batch_execute(sql).map_err(DatabaseError::from)
}

/// Ends every other session of this database, as an operator or a restart does.
pub const TERMINATE_OTHERS: &str = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

/// A second database handle on the same database, for what an operator does.
pub fn operator(database: &TestDatabase) -> Database {
    Database::open(&url(database), options()).unwrap()
}

/// A unit that takes row `first`, waits until its counterpart has taken the other row, and then
/// wants that one: the first attempt of one of the two is a deadlock.
fn crossing(
    first: i64,
    second: i64,
    met: mpsc::Sender<()>,
    other: mpsc::Receiver<()>,
) -> impl FnMut(&mut AnyConnection) -> Result<u32, DatabaseError> + Send + 'static {
    let mut attempts = 0;
    move |c| {
        attempts += 1;
        sql(c, &format!("UPDATE topic SET id = id WHERE id = {first}"))?;
        if attempts == 1 {
            met.send(()).unwrap();
            other.recv().unwrap();
        }
        sql(c, &format!("UPDATE topic SET id = id WHERE id = {second}"))?;
        Ok(attempts)
    }
}

#[test]
fn a_deadlocked_unit_runs_again_alone_and_both_succeed() {
    with_postgres(async |kind| {
        let database = open(&kind).await;
        execute(&database, "INSERT INTO topic (id) VALUES (1), (2)").await.unwrap();
        let (tell_a, hear_a) = mpsc::channel();
        let (tell_b, hear_b) = mpsc::channel();
        let (a, b) = tokio::join!(
            database.write(crossing(1, 2, tell_a, hear_b)),
            database.write(crossing(2, 1, tell_b, hear_a)),
        );
        assert!(a.unwrap() + b.unwrap() > 2, "one of them ran again");
    });
}

#[test]
fn a_deadlock_of_a_batched_unit_costs_its_neighbours_nothing() {
    with_postgres(async |kind| {
        let database = open(&kind).await;
        execute(&database, "INSERT INTO topic (id) VALUES (1), (2)").await.unwrap();
        let busy = BusyWriters::of(&database, &kind).await;
        let (tell_a, hear_a) = mpsc::channel();
        let (tell_b, hear_b) = mpsc::channel();
        let before = batched(&database, |c| insert(c, 1));
        let crossed = batched(&database, crossing(1, 2, tell_a, hear_b));
        let after = batched(&database, |c| insert(c, 2));
        let (alone, ()) =
            tokio::join!(database.write(crossing(2, 1, tell_b, hear_a)), busy.release());
        assert!(crossed.await.unwrap().unwrap() + alone.unwrap() > 2, "one of them ran again");
        before.await.unwrap().unwrap();
        after.await.unwrap().unwrap();
        assert_eq!(notes(&database).await, [1, 2]);
    });
}

#[test]
fn a_unit_that_hides_a_failure_is_not_answered_as_done() {
    with_postgres(async |kind| {
        let database = open(&kind).await;
        // PostgreSQL answers the COMMIT of such a transaction with success, having rolled it back.
        let hides = |c: &mut AnyConnection| {
            insert(c, 1)?;
            let _ = sql(c, "SELECT nonsense");
            Ok::<_, DatabaseError>(())
        };
        assert!(database.write(hides).await.is_err());
        let busy = BusyWriters::of(&database, &kind).await;
        let units = [batched(&database, hides), batched(&database, |c| insert(c, 2))];
        busy.release().await;
        let [hidden, sound] = units;
        assert!(hidden.await.unwrap().is_err());
        sound.await.unwrap().unwrap();
        assert_eq!(notes(&database).await, [2]);
    });
}

#[test]
fn connections_that_died_while_idle_are_replaced_unnoticed() {
    with_postgres(async |kind| {
        let database = open(&kind).await;
        let several = futures_of(&database, 8).await;
        assert!(several.iter().all(Result::is_ok));
        for round in 0..3 {
            execute(&operator(&kind), TERMINATE_OTHERS).await.unwrap();
            notes(&database).await;
            database.write(move |c| insert(c, 100 + round)).await.unwrap();
            database.write_batched(move |c| insert(c, 200 + round)).await.unwrap();
        }
    });
}

/// As many writes as there are connections, at the same time, so that all are opened.
async fn futures_of(database: &Database, count: i64) -> Vec<Result<(), DatabaseError>> {
    let started: Vec<Started<()>> = (0..count)
        .map(|id| {
            let database = database.clone();
            tokio::spawn(async move { database.write(move |c| insert(c, id)).await })
        })
        .collect();
    let mut results = Vec::new();
    for unit in started {
        results.push(unit.await.unwrap());
    }
    results
}

#[test]
fn a_connection_lost_inside_a_unit_refuses_its_batch_and_is_replaced() {
    with_postgres(async |kind| {
        let database = open(&kind).await;
        let suicide =
            |c: &mut AnyConnection| sql(c, "SELECT pg_terminate_backend(pg_backend_pid())");
        assert!(is_unavailable(&database.write(suicide).await));
        assert!(is_unavailable(&database.read(suicide).await));
        let busy = BusyWriters::of(&database, &kind).await;
        let units = [batched(&database, |c| insert(c, 1)), batched(&database, suicide)];
        busy.release().await;
        for unit in units {
            let result = unit.await.unwrap();
            assert!(is_unavailable(&result), "{result:?}");
        }
        database.write_batched(|c| insert(c, 2)).await.unwrap();
        assert_eq!(notes(&database).await, [2]);
    });
}

#[test]
fn a_connection_lost_in_the_commit_refuses_every_unit() {
    with_postgres(async |kind| {
        let database = open(&kind).await;
        execute(
            &database,
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
             CREATE CONSTRAINT TRIGGER die AFTER INSERT ON topic
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()",
        )
        .await
        .unwrap();
        let alone = execute(&database, "INSERT INTO topic (id) VALUES (1)").await;
        assert!(is_unavailable(&alone), "{alone:?}");
        let busy = BusyWriters::of(&database, &kind).await;
        let units = [
            batched(&database, |c| insert(c, 1)),
            batched(&database, |c| sql(c, "INSERT INTO topic (id) VALUES (2)")),
        ];
        busy.release().await;
        for unit in units {
            let result = unit.await.unwrap();
            assert!(is_unavailable(&result), "{result:?}");
        }
        database.write_batched(|c| insert(c, 3)).await.unwrap();
        assert_eq!(notes(&database).await, [3]);
    });
}

#[test]
fn an_absent_server_is_reported_at_once_and_its_return_is_noticed() {
    with_postgres(async |kind| {
        let mut elsewhere = url::Url::parse(kind.url()).unwrap();
        let name = elsewhere.path().trim_start_matches('/').to_owned();
        elsewhere.set_path("postgres");
        let admin: DatabaseUrl = elsewhere.as_str().parse().unwrap();
        let admin = Database::open(&admin, options()).unwrap();
        let set_admission = async |allowed: &str| {
            let statement = format!(
                "UPDATE pg_database SET datallowconn = {allowed} WHERE datname = '{name}';
                 SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"
            );
            admin.write(move |c| sql(c, &statement)).await.unwrap();
        };
        let database = open(&kind).await;
        set_admission("false").await;
        for _ in 0..3 {
            assert!(is_unavailable(&database.write(|c| insert(c, 1)).await));
            assert!(is_unavailable(&database.write_batched(|c| insert(c, 1)).await));
            assert!(!database.is_alive().await);
        }
        set_admission("true").await;
        let started = Instant::now();
        while !database.is_alive().await
            || database.write_batched(|_| Ok::<_, DatabaseError>(())).await.is_err()
        {
            assert!(started.elapsed() < Duration::from_secs(30), "the pool does not heal");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(notes(&database).await.is_empty());
    });
}

#[test]
fn a_statement_that_takes_too_long_is_ended() {
    with_postgres(async |kind| {
        let options =
            DatabaseOptions { statement_timeout: Duration::from_millis(200), ..options() };
        let database = open_with(&kind, options).await;
        let slow = |c: &mut AnyConnection| sql(c, "SELECT pg_sleep(60)");
        assert!(is_unavailable(&database.read(slow).await));
        assert!(is_unavailable(&database.write(slow).await));
        assert!(is_unavailable(&database.write_batched(slow).await));
    });
}

#[test]
fn a_server_that_has_stopped_counting_is_given_up() {
    with_postgres(async |kind| {
        let limit = Duration::from_millis(200);
        let options =
            DatabaseOptions { acquire_timeout: limit, statement_timeout: limit, ..options() };
        let database = open_with(&kind, options).await;
        let hangs = |c: &mut AnyConnection| sql(c, "SET statement_timeout = 0; SELECT pg_sleep(3)");
        let results = tokio::join!(
            database.read(hangs),
            database.write(hangs),
            database.write_batched(hangs)
        );
        for result in [results.0, results.1, results.2] {
            let error = result.unwrap_err().to_string();
            assert!(error.contains("did not answer in time"), "{error}");
        }
        assert!(database.is_alive().await, "the other connections go on");
    });
}

#[test]
fn a_read_only_server_is_unavailable_for_writes_alone() {
    with_postgres(async |kind| {
        let database = open(&kind).await;
        let name = database_name(&kind);
        let statement = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
        database.write(move |c| sql(c, &statement)).await.unwrap();
        let database = operator(&kind);
        let refused = database.write(|c| insert(c, 1)).await;
        assert!(is_unavailable(&refused), "{refused:?}");
        assert!(notes(&database).await.is_empty());
    });
}

#[test]
fn a_server_that_may_lose_commits_is_refused_where_durability_is_required() {
    with_postgres(async |kind| {
        let database = open(&kind).await;
        let durable = DatabaseOptions { require_durable: true, ..options() };
        Database::open(&url(&kind), durable).unwrap();
        let name = database_name(&kind);
        let statement = format!("ALTER DATABASE {name} SET synchronous_commit = off");
        database.write(move |c| sql(c, &statement)).await.unwrap();
        let refused = Database::open(&url(&kind), durable).unwrap_err();
        assert!(refused.reason.contains("synchronous_commit = off"), "{refused}");
        Database::open(&url(&kind), options()).unwrap();
    });
}

#[test]
fn a_mistyped_server_makes_no_file() {
    let before = std::fs::read_dir(".").unwrap().count();
    for text in
        ["postgres://u:hunter2@127.0.0.1:1/events", "postgresql://u:hunter2@nowhere.invalid/events"]
    {
        let error = Database::open(&text.parse().unwrap(), options()).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    assert_eq!(std::fs::read_dir(".").unwrap().count(), before);
}

fn database_name(database: &TestDatabase) -> String {
    url::Url::parse(database.url()).unwrap().path().trim_start_matches('/').to_owned()
}
