//! The feed in the store, on both databases.

use super::tests::{LATER, NOW, client, insert, open, write};
use super::*;
use database::{AnyConnection, Database, DatabaseError, UtcMicros};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use serde_json::{Value, json};

async fn record_change(database: &Database, change: Change, now: UtcMicros) -> i64 {
    write(database, move |connection| change.record(connection, now)).await
}

async fn page(database: &Database, after: i64, limit: i64) -> ChangePage {
    page_of(database, &FeedPosition { position: after, history: None }, limit).await
}

async fn page_of(database: &Database, known: &FeedPosition, limit: i64) -> ChangePage {
    let known = known.clone();
    database
        .read(move |connection| {
            Ok::<_, DatabaseError>(ChangePage::read(connection, &known, limit)?)
        })
        .await
        .unwrap()
}

/// Where a reader is that has read at most `limit` changes after `known`.
async fn read_on(database: &Database, known: &FeedPosition, limit: i64) -> FeedPosition {
    match page_of(database, known, limit).await {
        ChangePage::Changes { changes, history } => FeedPosition {
            position: changes.last().map_or(known.position, |last| last.position),
            history: Some(history),
        },
        ChangePage::Gone => panic!("gone after {known:?}"),
    }
}

async fn changes(database: &Database, after: i64) -> Vec<Value> {
    match page(database, after, 500).await {
        ChangePage::Changes { changes, .. } => {
            changes.iter().map(|change| serde_json::to_value(change).unwrap()).collect()
        }
        ChangePage::Gone => panic!("gone"),
    }
}

/// Reads until it has seen `last`, asserting that nothing is missing.
async fn follow(database: Database, last: i64) {
    let mut after = 0;
    while after < last {
        let ChangePage::Changes { changes, .. } = page(&database, after, 7).await else {
            panic!("gone after {after}")
        };
        for change in changes {
            assert_eq!(change.position, after + 1);
            after = change.position;
        }
    }
}

test_kit::on_both_databases! {
    async fn a_position_that_was_never_given_out_is_gone(given: TestDatabase) {
        let database = open(&given).await;
        assert_eq!(page(&database, 1, 500).await, ChangePage::Gone);
        assert_eq!(page(&database, i64::MAX, 500).await, ChangePage::Gone);
        assert!(changes(&database, 0).await.is_empty());
    }

    async fn a_change_that_is_rolled_back_leaves_no_gap(given: TestDatabase) {
        let database = open(&given).await;
        record_change(&database, Change::TrustChanged, NOW).await;
        let failed = database
            .write(|connection| {
                Change::TokenKeysChanged.record(connection, NOW)?;
                Err::<(), _>(DatabaseError::Panicked)
            })
            .await;
        assert!(failed.is_err());
        assert_eq!(record_change(&database, Change::TrustChanged, NOW).await, 2);
        assert_eq!(changes(&database, 0).await.len(), 2);
    }

    async fn changes_say_what_readers_need_of_a_client(given: TestDatabase) {
        let database = open(&given).await;
        insert(&database, client("c")).await;
        record_change(&database, Change::ClientCreated("c".to_owned()), LATER).await;
        let revoked = Change::TokenRevoked {
            jti: "j".to_owned(),
            client_id: "c".to_owned(),
            expires_at: LATER,
        };
        record_change(&database, revoked, NOW).await;
        record_change(&database, Change::ClientDeleted("c".to_owned()), LATER).await;
        assert_eq!(changes(&database, 0).await, [
            json!({
                "position": 1, "type": "client_created", "client_id": "c", "status": "active",
                "roles": ["AISP", "PISP"], "tokens_not_before": 1_767_225_600
            }),
            json!({
                "position": 2, "type": "token_revoked", "client_id": "c", "jti": "j",
                "expires_at": 1_767_225_660
            }),
            json!({
                "position": 3, "type": "client_deleted", "client_id": "c", "status": "deleted",
                "roles": [], "tokens_not_before": 1_767_225_660
            }),
        ]);
    }

    async fn a_change_of_a_client_that_is_not_there_fails_its_unit_of_work(given: TestDatabase) {
        let database = open(&given).await;
        let failed = database
            .write(|connection| {
                Change::ClientChanged("nobody".to_owned()).record(connection, NOW)?;
                Ok::<_, DatabaseError>(())
            })
            .await;
        assert!(failed.is_err());
        assert!(changes(&database, 0).await.is_empty());
    }

    async fn what_is_swept_is_gone_for_those_who_have_not_read_it_and_for_no_others(
        given: TestDatabase
    ) {
        let database = open(&given).await;
        for now in [NOW, NOW, LATER] {
            record_change(&database, Change::TrustChanged, now).await;
        }
        assert_eq!(write(&database, |connection| sweep_changes(connection, NOW, 5)).await, 0);
        assert_eq!(write(&database, |connection| sweep_changes(connection, LATER, 1)).await, 1);
        assert_eq!(write(&database, |connection| sweep_changes(connection, LATER, 5)).await, 1);
        assert_eq!(page(&database, 0, 500).await, ChangePage::Gone);
        assert_eq!(page(&database, 1, 500).await, ChangePage::Gone);
        assert_eq!(changes(&database, 2).await.len(), 1);
        let after_all = UtcMicros(LATER.0 + 1);
        write(&database, move |connection| sweep_changes(connection, after_all, 5)).await;
        assert_eq!(page(&database, 2, 500).await, ChangePage::Gone);
        assert!(changes(&database, 3).await.is_empty());
        assert_eq!(record_change(&database, Change::TrustChanged, LATER).await, 4);
    }

    async fn whoever_read_more_than_a_backup_holds_reads_the_state_again_after_it_was_restored(
        given: TestDatabase
    ) {
        let database = open(&given).await;
        let start = FeedPosition { position: 0, history: Some(String::new()) };
        record_change(&database, Change::TrustChanged, NOW).await;
        let kept = read_on(&database, &start, 500).await;
        let backup = write(&database, feed_end).await;
        for now in [NOW, NOW, NOW] {
            record_change(&database, Change::TrustChanged, now).await;
        }
        // Page by page as at once.
        let second = read_on(&database, &kept, 1).await;
        let lost = read_on(&database, &second, 500).await;
        assert_eq!((second.position, lost.position), (2, 4));
        assert_eq!(read_on(&database, &start, 500).await, lost);
        assert_eq!(read_on(&database, &lost, 500).await, lost);

        let end = backup.clone();
        write(&database, move |connection| {
            diesel::delete(schema::change::table.filter(schema::change::position.gt(end.position)))
                .execute(connection)?;
            diesel::update(schema::change_counter::table)
                .set((
                    schema::change_counter::last_position.eq(end.position),
                    schema::change_counter::history.eq(&end.history),
                ))
                .execute(connection)
        })
        .await;
        assert_eq!(page_of(&database, &lost, 500).await, ChangePage::Gone);
        for now in [LATER, NOW, NOW, NOW] {
            record_change(&database, Change::TrustChanged, now).await;
            for gone in [&second, &lost] {
                assert_eq!(page_of(&database, gone, 500).await, ChangePage::Gone);
            }
            let on = read_on(&database, &kept, 500).await;
            assert_eq!(read_on(&database, &on, 500).await, on);
        }
        // Without a history a reader cannot be told.
        assert_eq!(changes(&database, lost.position).await.len(), 1);
    }

    async fn of_many_writers_on_two_replicas_readers_miss_nothing(given: TestDatabase) {
        const WRITERS: i64 = 40;
        let one = open(&given).await;
        // SQLite has one process per database.
        let two = if given.url().starts_with("postgres") { open(&given).await } else { one.clone() };
        let last = WRITERS * 5;
        let readers = [one.clone(), two.clone()]
            .map(|database| actix_web::rt::spawn(follow(database, last)));
        let writers = (0..WRITERS).map(|writer| {
            let database = if writer % 2 == 0 { one.clone() } else { two.clone() };
            actix_web::rt::spawn(async move {
                for _ in 0..5 {
                    let unit = move |connection: &mut AnyConnection| {
                        Ok::<_, DatabaseError>(Change::TrustChanged.record(connection, NOW)?)
                    };
                    // Some alone, some in batches with others.
                    let written = if writer % 4 < 2 {
                        database.write(unit).await
                    } else {
                        database.write_batched(unit).await
                    };
                    written.unwrap();
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        for reader in readers {
            reader.await.unwrap();
        }
        assert_eq!(write(&one, last_position).await, last);
    }

    async fn the_state_is_that_of_its_position(given: TestDatabase) {
        let database = open(&given).await;
        for id in ["b", "a", "B"] {
            insert(&database, client(id)).await;
            record_change(&database, Change::ClientCreated(id.to_owned()), NOW).await;
        }
        let bare = ClientRecord { roles: Vec::new(), ..client("bare") };
        insert(&database, bare).await;
        let state = write(&database, |connection| State::read(connection, NOW)).await;
        assert_eq!(state.end.position, 3);
        let facts: Vec<_> =
            state.clients.iter().map(|client| (&*client.client_id, client.roles.len())).collect();
        assert_eq!(facts, [("B", 2), ("a", 2), ("b", 2), ("bare", 0)]);
        assert!(state.revoked_tokens.is_empty() && state.trusted_certificates.is_empty());
    }
}
