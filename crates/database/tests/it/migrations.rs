//! Migrations on both databases.

use crate::support::{BROKEN, LATER, MIGRATIONS, execute, insert, notes, open, options, url};
use database::{Database, SchemaState};

fn behind(names: &[&str]) -> SchemaState {
    SchemaState::Behind { missing: names.iter().map(ToString::to_string).collect() }
}

test_kit::on_both_databases! {
    async fn an_empty_database_lacks_every_migration_and_stays_empty(kind: TestDatabase) {
        let database = Database::open(&url(&kind), options()).unwrap();
        let expected = behind(&["2026-01-01-000001_notes", "2026-01-02-000001_columns"]);
        for _ in 0..2 {
            assert_eq!(database.schema_state(&LATER).await.unwrap(), expected);
        }
    }

    async fn an_older_schema_lacks_the_newer_migrations_until_migrated(kind: TestDatabase) {
        let database = open(&kind).await;
        database.write(|c| insert(c, 1)).await.unwrap();
        assert_eq!(database.schema_state(&MIGRATIONS).await.unwrap(), SchemaState::Current);
        let expected = behind(&["2026-01-02-000001_columns"]);
        assert_eq!(database.schema_state(&LATER).await.unwrap(), expected);
        database.migrate(&LATER).await.unwrap();
        assert_eq!(database.schema_state(&LATER).await.unwrap(), SchemaState::Current);
        assert_eq!(notes(&database).await, [1]);
    }

    async fn a_schema_newer_than_the_program_is_current(kind: TestDatabase) {
        let database = open(&kind).await;
        database.migrate(&LATER).await.unwrap();
        database.migrate(&MIGRATIONS).await.unwrap();
        assert_eq!(database.schema_state(&MIGRATIONS).await.unwrap(), SchemaState::Current);
    }

    async fn concurrent_migrations_all_succeed(kind: TestDatabase) {
        let databases: Vec<_> =
            (0..6).map(|_| Database::open(&url(&kind), options()).unwrap()).collect();
        let migrating: Vec<_> = databases
            .into_iter()
            .map(|database| tokio::spawn(async move { database.migrate(&LATER).await }))
            .collect();
        for migration in migrating {
            migration.await.unwrap().unwrap();
        }
        let database = open(&kind).await;
        assert_eq!(database.schema_state(&LATER).await.unwrap(), SchemaState::Current);
    }

    async fn a_failing_migration_leaves_nothing_and_can_be_repeated(kind: TestDatabase) {
        let database = open(&kind).await;
        for _ in 0..2 {
            let error = database.migrate(&BROKEN).await.unwrap_err();
            assert!(error.to_string().contains("nowhere"), "{error}");
        }
        assert!(execute(&database, "INSERT INTO half (id) VALUES (1)").await.is_err());
        database.migrate(&LATER).await.unwrap();
    }
}
