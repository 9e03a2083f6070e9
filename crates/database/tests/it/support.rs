//! The schema of these tests and what they all do.

use database::{AnyConnection, Database, DatabaseError, DatabaseOptions, DatabaseUrl, Migrations};
use diesel::prelude::*;
use diesel_migrations::embed_migrations;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use test_kit::TestDatabase;

diesel::table! {
    note (id) {
        id -> BigInt,
        topic_id -> Nullable<BigInt>,
        body -> Nullable<Text>,
    }
}

pub static MIGRATIONS: Migrations = Migrations {
    postgres: embed_migrations!("tests/migrations/first/postgres"),
    sqlite: embed_migrations!("tests/migrations/first/sqlite"),
};

/// The same and one more.
pub static LATER: Migrations = Migrations {
    postgres: embed_migrations!("tests/migrations/later/postgres"),
    sqlite: embed_migrations!("tests/migrations/later/sqlite"),
};

/// The same and one that fails half-way.
pub static BROKEN: Migrations = Migrations {
    postgres: embed_migrations!("tests/migrations/broken/postgres"),
    sqlite: embed_migrations!("tests/migrations/broken/sqlite"),
};

/// Time-outs that a test can wait for.
pub fn options() -> DatabaseOptions {
    DatabaseOptions { statement_timeout: Duration::from_secs(3), ..DatabaseOptions::default() }
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

pub fn count(connection: &mut AnyConnection) -> Result<i64, DatabaseError> {
    Ok(note::table.count().get_result(connection)?)
}

/// All ids, in order.
pub async fn notes(database: &Database) -> Vec<i64> {
    let read = |c: &mut AnyConnection| {
        note::table.select(note::id).order(note::id).load(c).map_err(DatabaseError::from)
    };
    database.read(read).await.unwrap()
}

/// Runs statements as one unit of work.
pub async fn execute(database: &Database, sql: &'static str) -> Result<(), DatabaseError> {
    use diesel::connection::SimpleConnection;
    database.write(move |c| c.batch_execute(sql).map_err(DatabaseError::from)).await
}

pub fn is_unavailable<T>(result: &Result<T, DatabaseError>) -> bool {
    matches!(result, Err(DatabaseError::Unavailable(_)))
}

/// A started unit of work and its later result.
pub type Started<T> = tokio::task::JoinHandle<Result<T, DatabaseError>>;

/// Starts `work` as a batched unit; it is queued when this returns.
pub fn batched<T: Send + 'static>(
    database: &Database,
    work: impl FnMut(&mut AnyConnection) -> Result<T, DatabaseError> + Send + 'static,
) -> Started<T> {
    let database = database.clone();
    let mut unit = Box::pin(async move { database.write_batched(work).await });
    match unit.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => tokio::spawn(std::future::ready(result)),
        Poll::Pending => tokio::spawn(unit),
    }
}

/// The writers, busy with a unit each until released: what is queued meanwhile shares a batch.
pub struct BusyWriters {
    release: Vec<mpsc::Sender<()>>,
    units: Vec<Started<()>>,
}

impl BusyWriters {
    pub async fn of(database: &Database, kind: &TestDatabase) -> Self {
        let mut busy = Self { release: Vec::new(), units: Vec::new() };
        for _ in 0..if kind.is_postgres() { 2 } else { 1 } {
            let (release, released) = mpsc::channel();
            let (tell, running) = tokio::sync::oneshot::channel();
            let mut tell = Some(tell);
            busy.release.push(release);
            busy.units.push(batched(database, move |_| {
                tell.take().unwrap().send(()).unwrap();
                released.recv().unwrap();
                Ok(())
            }));
            running.await.unwrap();
        }
        busy
    }

    /// Lets the writers go on.
    pub async fn release(self) {
        self.release.iter().for_each(|release| release.send(()).unwrap());
        for unit in self.units {
            unit.await.unwrap().unwrap();
        }
    }
}
