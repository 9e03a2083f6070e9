//! What only SQLite can meet: full disks, failed commits, foreign locks.

use crate::support::{
    BusyWriters, batched, execute, insert, is_unavailable, notes, open, open_with, options,
};
use database::{AnyConnection, Database, DatabaseError, DatabaseUrl};
use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use test_kit::TestDatabase;

fn path(database: &TestDatabase) -> PathBuf {
    PathBuf::from(database.url().strip_prefix("sqlite://").unwrap())
}

/// Fills the disk, as far as this connection knows: the limit ends when it is opened anew. One row
/// makes SQLite give the whole transaction up.
fn fill_up(connection: &mut AnyConnection) -> Result<(), DatabaseError> {
    connection.batch_execute("PRAGMA max_page_count = 1")?;
    connection
        .batch_execute("INSERT INTO note (id, body) VALUES (2, hex(zeroblob(100000)))")
        .map_err(DatabaseError::from)
}

#[actix_web::test]
async fn a_full_disk_refuses_what_was_done_in_the_transaction_and_is_recovered_from() {
    let file = TestDatabase::sqlite();
    let database = open(&file).await;
    let busy = BusyWriters::of(&database, &file).await;
    let before = batched(&database, |c| insert(c, 1));
    let too_large = batched(&database, fill_up);
    let after = batched(&database, |c| insert(c, 3));
    busy.release().await;
    for unit in [before, too_large] {
        let result = unit.await.unwrap();
        assert!(is_unavailable(&result), "{result:?}");
    }
    after.await.unwrap().unwrap();
    assert_eq!(notes(&database).await, [3]);
}

#[actix_web::test]
async fn a_full_disk_refuses_a_unit_alone_and_one_that_hides_it() {
    let file = TestDatabase::sqlite();
    let database = open(&file).await;
    let loud = |c: &mut AnyConnection| insert(c, 1).and_then(|()| fill_up(c));
    let silent = |c: &mut AnyConnection| insert(c, 1).map(|()| drop(fill_up(c)));
    for result in [database.write(loud).await, database.write(silent).await] {
        assert!(is_unavailable(&result), "{result:?}");
        assert!(notes(&database).await.is_empty());
    }
}

#[actix_web::test]
async fn a_full_disk_that_undoes_one_statement_refuses_its_unit_alone() {
    let file = TestDatabase::sqlite();
    let database = open(&file).await;
    let busy = BusyWriters::of(&database, &file).await;
    let before = batched(&database, |c| insert(c, 1));
    let too_large = batched(&database, |c| {
        c.batch_execute("PRAGMA max_page_count = 1")?;
        // Several rows: SQLite keeps a journal of the statement and undoes that alone.
        c.batch_execute(
            "INSERT INTO note (id, body) SELECT 2, hex(zeroblob(100000)) UNION SELECT 5, ''",
        )
        .map_err(DatabaseError::from)
    });
    busy.release().await;
    before.await.unwrap().unwrap();
    let result = too_large.await.unwrap();
    assert!(is_unavailable(&result), "{result:?}");
    assert_eq!(notes(&database).await, [1]);
}

/// Runs in a process of its own, whose files may not exceed 64 KiB: the write-ahead log hits that
/// limit in COMMIT, where it is an I/O error.
#[actix_web::test]
async fn a_failed_commit_refuses_every_unit_and_is_recovered_from() {
    if !in_limited_process("sqlite::a_failed_commit_refuses_every_unit_and_is_recovered_from") {
        return;
    }
    let file = TestDatabase::sqlite();
    let database = open(&file).await;
    let busy = BusyWriters::of(&database, &file).await;
    let units = [1, 2].map(|id| {
        batched(&database, move |c| {
            insert(c, id)?;
            c.batch_execute(&format!("UPDATE note SET body = hex(zeroblob(20000)) WHERE id = {id}"))
                .map_err(DatabaseError::from)
        })
    });
    busy.release().await;
    for unit in units {
        let result = unit.await.unwrap();
        assert!(is_unavailable(&result), "{result:?}");
        assert!(result.unwrap_err().to_string().contains("the commit failed: disk I/O error"));
    }
    assert!(notes(&database).await.is_empty());
    let own = std::process::id().to_string();
    let lifted = Command::new("prlimit").args(["--pid", &own, "--fsize=unlimited"]).status();
    assert!(lifted.unwrap().success());
    database.write(|c| insert(c, 3)).await.unwrap();
    assert_eq!(notes(&database).await, [3]);
}

/// Whether this is the limited process; otherwise runs `test` in one.
fn in_limited_process(test: &str) -> bool {
    const MARK: &str = "LOMBARD_TEST_LIMITED";
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    let script = r#"trap "" XFSZ; ulimit -S -f 128; exec "$@""#;
    let status = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env(MARK, "1")
        .status()
        .unwrap();
    assert!(status.success());
    false
}

#[actix_web::test]
async fn a_lock_held_elsewhere_is_waited_for_and_then_refused() {
    let file = TestDatabase::sqlite();
    let options =
        database::DatabaseOptions { statement_timeout: Duration::from_millis(100), ..options() };
    let database = open_with(&file, options).await;
    let mut other = SqliteConnection::establish(path(&file).to_str().unwrap()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let refused = database.write(|c| insert(c, 1)).await;
    assert!(is_unavailable(&refused), "{refused:?}");
    assert!(notes(&database).await.is_empty(), "readers go on");
    other.batch_execute("ROLLBACK").unwrap();
    database.write(|c| insert(c, 2)).await.unwrap();
    assert_eq!(notes(&database).await, [2]);
}

#[actix_web::test]
async fn a_writing_connection_is_durable_and_checks_foreign_keys() {
    use diesel::{QueryableByName, RunQueryDsl, sql_types::BigInt, sql_types::Text};
    #[derive(QueryableByName)]
    struct Settings {
        #[diesel(sql_type = Text)]
        journal_mode: String,
        #[diesel(sql_type = BigInt)]
        synchronous: i64,
        #[diesel(sql_type = BigInt)]
        foreign_keys: i64,
    }
    let file = TestDatabase::sqlite();
    let database = open(&file).await;
    let read = |c: &mut AnyConnection| {
        let settings = "SELECT * FROM pragma_journal_mode, pragma_synchronous, pragma_foreign_keys";
        diesel::sql_query(settings).get_result::<Settings>(c).map_err(DatabaseError::from)
    };
    let settings = database.write(read).await.unwrap();
    assert_eq!(settings.journal_mode, "wal");
    assert_eq!((settings.synchronous, settings.foreign_keys), (2, 1), "FULL, ON");
}

#[actix_web::test]
async fn the_files_are_readable_by_their_owner_alone() {
    let file = TestDatabase::sqlite();
    let database = open(&file).await;
    execute(&database, "INSERT INTO topic (id) VALUES (1)").await.unwrap();
    for name in [path(&file), path(&file).with_extension("db-wal")] {
        let mode = std::fs::metadata(&name).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", name.display());
    }
}

#[actix_web::test]
async fn what_was_answered_is_there_after_reopening() {
    let file = TestDatabase::sqlite();
    open(&file).await.write(|c| insert(c, 1)).await.unwrap();
    assert_eq!(notes(&open(&file).await).await, [1]);
}

#[test]
fn a_missing_directory_and_a_foreign_file_are_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let foreign = directory.path().join("foreign.db");
    std::fs::write(&foreign, "no database at all, but long enough to be looked at\n".repeat(20))
        .unwrap();
    for file in [directory.path().join("missing/x.db"), foreign] {
        let url: DatabaseUrl = format!("sqlite://{}", file.display()).parse().unwrap();
        let error = Database::open(&url, options()).unwrap_err();
        assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
    }
}
