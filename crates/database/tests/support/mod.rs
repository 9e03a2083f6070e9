//! The schema of these tests and what they all do.

#![expect(dead_code, reason = "each test binary uses some of it")]

use database::{AnyConnection, Database, DatabaseError, DatabaseOptions, DatabaseUrl, Migrations};
use diesel::prelude::*;
use diesel_migrations::embed_migrations;
use test_kit::TestDatabase;

diesel::table! {
    note (id) {
        id -> BigInt,
        topic_id -> Nullable<BigInt>,
    }
}

pub static MIGRATIONS: Migrations = Migrations {
    postgres: embed_migrations!("tests/migrations/postgres"),
    sqlite: embed_migrations!("tests/migrations/sqlite"),
};

/// Time-outs that a test can wait for.
pub fn options() -> DatabaseOptions {
    DatabaseOptions {
        statement_timeout: std::time::Duration::from_secs(2),
        ..DatabaseOptions::default()
    }
}

pub fn url(database: &TestDatabase) -> DatabaseUrl {
    database.url().parse().unwrap()
}

/// Opens and migrates.
pub async fn open(database: &TestDatabase) -> Database {
    open_with(database, options()).await
}

pub async fn open_with(database: &TestDatabase, options: DatabaseOptions) -> Database {
    let database = Database::open(&url(database), options).unwrap();
    database.migrate(&MIGRATIONS).await.unwrap();
    database
}

pub fn insert(connection: &mut AnyConnection, id: i64) -> Result<(), DatabaseError> {
    diesel::insert_into(note::table).values(note::id.eq(id)).execute(connection)?;
    Ok(())
}

/// A row whose foreign key holds nowhere, which only the commit notices.
pub fn insert_dangling(connection: &mut AnyConnection, id: i64) -> Result<(), DatabaseError> {
    diesel::insert_into(note::table)
        .values((note::id.eq(id), note::topic_id.eq(404)))
        .execute(connection)?;
    Ok(())
}

/// All ids, in order.
pub async fn notes(database: &Database) -> Vec<i64> {
    let read = |c: &mut AnyConnection| {
        note::table.select(note::id).order(note::id).load(c).map_err(DatabaseError::from)
    };
    database.read(read).await.unwrap()
}
