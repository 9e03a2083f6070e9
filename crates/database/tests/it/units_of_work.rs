//! Units of work on both databases.

use crate::support::{
    BusyWriters, batched, count, insert, insert_dangling, is_unavailable, notes, open, open_with,
    options,
};
use database::{DatabaseError, DatabaseOptions};
use diesel::connection::SimpleConnection;
use std::sync::mpsc;
use std::time::Duration;

test_kit::on_both_databases! {
    async fn a_failing_unit_leaves_nothing(database: TestDatabase) {
        let database = open(&database).await;
        let result: Result<(), DatabaseError> = database
            .write(|c| {
                insert(c, 1)?;
                Err(DatabaseError::Affected { actual: 0, expected: 1 })
            })
            .await;
        assert!(matches!(result, Err(DatabaseError::Affected { .. })), "{result:?}");
        assert!(notes(&database).await.is_empty());
    }

    async fn a_failing_unit_of_a_batch_is_rolled_back_alone(kind: TestDatabase) {
        let database = open(&kind).await;
        let busy = BusyWriters::of(&database, &kind).await;
        let units: Vec<_> = (0..20_i64)
            .map(|id| {
                batched(&database, move |c| {
                    insert(c, id)?;
                    // Every third one repeats its own row.
                    if id % 3 == 0 { insert(c, id) } else { Ok(()) }
                })
            })
            .collect();
        busy.release().await;
        for (id, unit) in units.into_iter().enumerate() {
            assert_eq!(unit.await.unwrap().is_err(), id % 3 == 0, "{id}");
        }
        let kept: Vec<_> = (0..20).filter(|id| id % 3 != 0).collect();
        assert_eq!(notes(&database).await, kept);
    }

    async fn units_that_wait_together_share_a_transaction(kind: TestDatabase) {
        let database = open(&kind).await;
        let busy = BusyWriters::of(&database, &kind).await;
        let first = batched(&database, |c| insert(c, 1));
        // Sees what is not committed yet, as only the same transaction can.
        let outside = database.clone();
        let handle = tokio::runtime::Handle::current();
        let (tell, seen) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            let ask: mpsc::Receiver<tokio::sync::oneshot::Sender<i64>> = seen;
            let answer = ask.recv().unwrap();
            let rows = handle.block_on(outside.read(count)).unwrap();
            answer.send(rows).unwrap();
        });
        let second = batched(&database, move |c| {
            let (answer, outside_rows) = tokio::sync::oneshot::channel();
            tell.send(answer).unwrap();
            let inside_rows = count(c)?;
            Ok((inside_rows, outside_rows.blocking_recv().unwrap()))
        });
        busy.release().await;
        first.await.unwrap().unwrap();
        assert_eq!(second.await.unwrap().unwrap(), (1, 0));
        reader.join().unwrap();
    }

    async fn a_deferred_violation_fails_its_own_unit_and_no_other(kind: TestDatabase) {
        let database = open(&kind).await;
        let busy = BusyWriters::of(&database, &kind).await;
        let sound: Vec<_> = (0..5).map(|id| batched(&database, move |c| insert(c, id))).collect();
        let dangling = batched(&database, |c| insert_dangling(c, 99));
        busy.release().await;
        for unit in sound {
            unit.await.unwrap().unwrap();
        }
        let refused = dangling.await.unwrap();
        assert!(matches!(refused, Err(DatabaseError::Query(_))), "{refused:?}");
        assert_eq!(notes(&database).await, [0, 1, 2, 3, 4]);
    }

    async fn a_panicking_unit_is_refused_and_its_neighbours_are_kept(kind: TestDatabase) {
        let database = open(&kind).await;
        let busy = BusyWriters::of(&database, &kind).await;
        let before = batched(&database, |c| insert(c, 1));
        let panicking = batched::<()>(&database, |c| {
            insert(c, 2)?;
            diesel::Connection::transaction(c, |c| {
                insert(c, 3)?;
                panic!("as a test wants it")
            })
        });
        let after = batched(&database, |c| insert(c, 4));
        busy.release().await;
        before.await.unwrap().unwrap();
        after.await.unwrap().unwrap();
        let refused = panicking.await.unwrap();
        assert!(matches!(refused, Err(DatabaseError::Panicked)), "{refused:?}");
        assert_eq!(notes(&database).await, [1, 4]);
    }

    async fn a_unit_that_panics_alone_leaves_a_usable_database(database: TestDatabase) {
        let database = open(&database).await;
        let panicking = |_: &mut database::AnyConnection| -> Result<(), DatabaseError> {
            panic!("as a test wants it")
        };
        assert!(matches!(database.write(panicking).await, Err(DatabaseError::Panicked)));
        assert!(matches!(database.read(panicking).await, Err(DatabaseError::Panicked)));
        database.write(|c| insert(c, 1)).await.unwrap();
        assert_eq!(notes(&database).await, [1]);
    }

    async fn a_unit_that_leaves_a_transaction_open_is_refused(kind: TestDatabase) {
        use diesel::connection::TransactionManager;
        let database = open(&kind).await;
        let unbalanced = |c: &mut database::AnyConnection| {
            database::AnyConnection::begin_transaction(c)?;
            insert(c, 1)
        };
        assert!(is_unavailable(&database.write(unbalanced).await));
        let busy = BusyWriters::of(&database, &kind).await;
        let units = [batched(&database, unbalanced), batched(&database, |c| insert(c, 2))];
        busy.release().await;
        let [first, second] = units;
        assert!(is_unavailable(&first.await.unwrap()));
        second.await.unwrap().unwrap();
        assert_eq!(notes(&database).await, [2]);
    }

    async fn of_two_units_with_the_same_key_one_succeeds(database: TestDatabase) {
        let database = open(&database).await;
        for round in 0..20 {
            let (one, other, third) = tokio::join!(
                database.write(move |c| insert(c, round)),
                database.write_batched(move |c| insert(c, round)),
                database.write_batched(move |c| insert(c, round)),
            );
            let succeeded = [&one, &other, &third].into_iter().filter(|result| result.is_ok()).count();
            assert_eq!(succeeded, 1, "{one:?} {other:?} {third:?}");
        }
    }

    async fn a_reader_may_not_write(database: TestDatabase) {
        let database = open(&database).await;
        assert!(database.read(|c| insert(c, 1)).await.is_err());
        assert!(notes(&database).await.is_empty());
    }

    async fn a_reader_sees_one_snapshot(database: TestDatabase) {
        let database = open(&database).await;
        let (tell, first_count_done) = tokio::sync::oneshot::channel();
        let (written, wait_written) = mpsc::channel();
        let reading = database.read(move |c| {
            let before = count(c)?;
            tell.send(()).unwrap();
            wait_written.recv().unwrap();
            Ok::<_, DatabaseError>((before, count(c)?))
        });
        let writing = async {
            first_count_done.await.unwrap();
            database.write(|c| insert(c, 1)).await.unwrap();
            written.send(()).unwrap();
        };
        let (counts, ()) = tokio::join!(reading, writing);
        assert_eq!(counts.unwrap(), (0, 0));
        assert_eq!(notes(&database).await, [1]);
    }

    async fn a_unit_whose_caller_has_gone_is_not_begun(kind: TestDatabase) {
        let database = open(&kind).await;
        let busy = BusyWriters::of(&database, &kind).await;
        let abandoned = batched(&database, |c| insert(c, 1));
        abandoned.abort();
        assert!(abandoned.await.unwrap_err().is_cancelled());
        busy.release().await;
        database.write_batched(|c| insert(c, 2)).await.unwrap();
        assert_eq!(notes(&database).await, [2]);
    }

    async fn a_full_queue_refuses_instead_of_growing(kind: TestDatabase) {
        let database = open(&kind).await;
        let busy = BusyWriters::of(&database, &kind).await;
        let waiting: Vec<_> = (0..4096).map(|_| batched(&database, |_| Ok(()))).collect();
        let one_more = database.write_batched(|c| insert(c, 1)).await;
        assert!(is_unavailable(&one_more), "{one_more:?}");
        busy.release().await;
        for unit in waiting {
            unit.await.unwrap().unwrap();
        }
    }

    async fn a_unit_that_finds_no_connection_in_time_is_refused(kind: TestDatabase) {
        let options = DatabaseOptions {
            connections: 1,
            acquire_timeout: Duration::from_millis(200),
            ..options()
        };
        let database = open_with(&kind, options).await;
        let (release, released) = mpsc::channel::<()>();
        let (tell, running) = tokio::sync::oneshot::channel();
        let holder = database.clone();
        let holding = tokio::spawn(async move {
            let hold = move |_: &mut database::AnyConnection| {
                tell.send(()).unwrap();
                released.recv().unwrap();
                Ok::<_, DatabaseError>(())
            };
            holder.read(hold).await
        });
        running.await.unwrap();
        assert!(is_unavailable(&database.read(count).await));
        assert!(!database.is_alive().await);
        release.send(()).unwrap();
        holding.await.unwrap().unwrap();
        assert!(database.is_alive().await);
    }

    async fn a_thousand_concurrent_units_are_all_kept(database: TestDatabase) {
        let database = open(&database).await;
        let units: Vec<_> =
            (0..1000).map(|id| batched(&database, move |c| insert(c, id))).collect();
        for unit in units {
            unit.await.unwrap().unwrap();
        }
        assert_eq!(notes(&database).await, (0..1000).collect::<Vec<_>>());
    }

    async fn a_failed_statement_can_be_survived_in_a_nested_transaction(database: TestDatabase) {
        let database = open(&database).await;
        let result = database
            .write(|c| {
                insert(c, 1)?;
                let nested = diesel::Connection::transaction(c, |c| {
                    c.batch_execute("INSERT INTO note (id) VALUES (2), (1)")
                });
                assert!(nested.is_err());
                insert(c, 3)
            })
            .await;
        result.unwrap();
        assert_eq!(notes(&database).await, [1, 3]);
    }
}
