//! SQLite connections.

use crate::transaction::Purpose;
use crate::{DatabaseOptions, DatabaseUrl};
use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};
use std::path::Path;

/// Opens the file for reading or for writing.
pub(crate) fn connect(
    url: &DatabaseUrl,
    options: &DatabaseOptions,
    purpose: Purpose,
) -> Result<SqliteConnection, String> {
    let path = url.sqlite_path();
    let mut connection = establish(&path)?;
    let settings = settings(options, purpose);
    connection.batch_execute(&settings).map_err(|error| error.to_string())?;
    Ok(connection)
}

/// Makes the file if there is none, readable by its owner alone, and puts it into WAL mode.
pub(crate) fn create(url: &DatabaseUrl, options: &DatabaseOptions) -> Result<(), String> {
    let path = url.sqlite_path();
    create_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut connection = establish(&path)?;
    let busy = format!("PRAGMA busy_timeout = {}", options.statement_timeout.as_millis());
    connection.batch_execute(&busy).map_err(|error| error.to_string())?;
    let journal: Journal = diesel::sql_query("PRAGMA journal_mode = WAL")
        .get_result(&mut connection)
        .map_err(|error| error.to_string())?;
    if journal.journal_mode == "wal" {
        Ok(())
    } else {
        Err(format!("the file system allows no WAL, only {}", journal.journal_mode))
    }
}

#[derive(QueryableByName)]
struct Journal {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}

fn establish(path: &Path) -> Result<SqliteConnection, String> {
    let path = path.to_str().ok_or("the path is not UTF-8")?;
    SqliteConnection::establish(path).map_err(|error| error.to_string())
}

/// `synchronous = FULL` because NORMAL may lose the last commits at a power failure. A checkpoint each
/// 1000 pages (4 MB): it is the latency of the commit that runs it, but pages that many commits wrote
/// are then written back once. Foreign keys are off
/// in SQLite by default.
fn settings(options: &DatabaseOptions, purpose: Purpose) -> String {
    let busy = options.statement_timeout.as_millis();
    let query_only = match purpose {
        Purpose::Read => "ON",
        Purpose::Write => "OFF",
    };
    format!(
        "PRAGMA busy_timeout = {busy};
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA wal_autocheckpoint = 1000;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA query_only = {query_only};"
    )
}

#[cfg(unix)]
fn create_file(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    // SQLite gives its -wal and -shm files the mode of the database.
    std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path).map(drop)
}

#[cfg(not(unix))]
fn create_file(path: &Path) -> std::io::Result<()> {
    std::fs::OpenOptions::new().append(true).create(true).open(path).map(drop)
}
