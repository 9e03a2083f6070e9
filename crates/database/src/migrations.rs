//! Migrations per role and backend.

use crate::transaction::{self, Purpose};
use crate::{AnyConnection, DatabaseError, DatabaseOptions, DatabaseUrl, session};
use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::sql_types::{Bool, Text};
use diesel::{QueryResult, QueryableByName, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
use std::collections::HashSet;

/// A role's migrations: the same names in both directories. A role has a database of its own.
pub struct Migrations {
    /// For PostgreSQL.
    pub postgres: EmbeddedMigrations,
    /// For SQLite.
    pub sqlite: EmbeddedMigrations,
}

/// Whether a database has the schema this binary expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaState {
    /// All migrations are in.
    Current,
    /// Some are missing; `lombard migrate` adds them.
    Behind {
        /// The names of the missing ones.
        missing: Vec<String>,
    },
}

/// Why migrating failed.
#[derive(Debug, thiserror::Error)]
#[error("migration failed: {0}")]
pub struct MigrationError(pub String);

impl From<DatabaseError> for MigrationError {
    fn from(error: DatabaseError) -> Self {
        Self(error.to_string())
    }
}

impl From<diesel::result::Error> for MigrationError {
    fn from(error: diesel::result::Error) -> Self {
        Self(error.to_string())
    }
}

/// Runs the missing migrations on a connection of its own.
pub(crate) fn run(
    url: &DatabaseUrl,
    options: &DatabaseOptions,
    migrations: &Migrations,
) -> Result<(), MigrationError> {
    let mut connection = session::connect(url, options, Purpose::Write).map_err(MigrationError)?;
    match &mut connection {
        AnyConnection::Postgres(postgres) => {
            // Waits for another process that migrates; released with the connection. Building an
            // index may take longer than any statement of a request.
            postgres.batch_execute(&format!(
                "SET statement_timeout = 0; SELECT pg_advisory_lock({ADVISORY_LOCK})"
            ))?;
            postgres.run_pending_migrations(Borrowed(&migrations.postgres)).map_err(failed)?;
            Ok(())
        }
        AnyConnection::Sqlite(_) => run_sqlite(&mut connection, &migrations.sqlite),
    }
}

/// Which migrations are missing; reads only.
pub(crate) fn state(
    connection: &mut AnyConnection,
    migrations: &Migrations,
) -> Result<SchemaState, MigrationError> {
    let applied = applied_versions(connection)?;
    let known = match connection {
        AnyConnection::Postgres(_) => names::<diesel::pg::Pg>(&migrations.postgres),
        AnyConnection::Sqlite(_) => names::<diesel::sqlite::Sqlite>(&migrations.sqlite),
    }?;
    let missing: Vec<_> = known
        .into_iter()
        .filter(|(version, _)| !applied.contains(version))
        .map(|(_, name)| name)
        .collect();
    Ok(if missing.is_empty() { SchemaState::Current } else { SchemaState::Behind { missing } })
}

/// All missing migrations in one transaction, which also keeps other processes out. Foreign keys
/// are off meanwhile, because a table is changed by building it anew; they are checked at the end.
fn run_sqlite(
    connection: &mut AnyConnection,
    migrations: &EmbeddedMigrations,
) -> Result<(), MigrationError> {
    connection.batch_execute(&format!(
        "PRAGMA busy_timeout = {MIGRATION_BUSY_MILLISECONDS}; PRAGMA foreign_keys = OFF"
    ))?;
    transaction::begin(connection, Purpose::Write)?;
    let AnyConnection::Sqlite(sqlite) = &mut *connection else {
        return Err(MigrationError("not an SQLite connection".to_owned()));
    };
    // An error drops the connection, which rolls back.
    sqlite.run_pending_migrations(Borrowed(migrations)).map_err(failed)?;
    let dangling: Vec<ForeignKeyViolation> =
        diesel::sql_query("SELECT \"table\" AS child FROM pragma_foreign_key_check")
            .load(sqlite)?;
    if let Some(violation) = dangling.first() {
        return Err(MigrationError(format!("{} refers to missing rows", violation.child)));
    }
    transaction::commit(connection)
        .map_err(|error| MigrationError(format!("the commit failed: {error:?}")))
}

fn applied_versions(connection: &mut AnyConnection) -> QueryResult<HashSet<String>> {
    let exists = match connection {
        AnyConnection::Postgres(_) => {
            "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS present"
        }
        AnyConnection::Sqlite(_) => {
            "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = '__diesel_schema_migrations') AS present"
        }
    };
    let table: Presence = diesel::sql_query(exists).get_result(connection)?;
    if !table.present {
        return Ok(HashSet::new());
    }
    let rows: Vec<Applied> =
        diesel::sql_query("SELECT version FROM __diesel_schema_migrations").load(connection)?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

/// Version and name of each, oldest first.
fn names<DB: Backend>(
    migrations: &EmbeddedMigrations,
) -> Result<Vec<(String, String)>, MigrationError> {
    let found: Vec<Box<dyn Migration<DB>>> = migrations.migrations().map_err(failed)?;
    let mut names: Vec<_> = found
        .iter()
        .map(|migration| (migration.name().version().to_string(), migration.name().to_string()))
        .collect();
    names.sort();
    Ok(names)
}

fn failed(error: impl std::fmt::Display) -> MigrationError {
    MigrationError(error.to_string())
}

/// diesel takes its source by value, but ours are in statics.
struct Borrowed<'a>(&'a EmbeddedMigrations);

impl<DB: Backend> MigrationSource<DB> for Borrowed<'_> {
    fn migrations(&self) -> diesel::migration::Result<Vec<Box<dyn Migration<DB>>>> {
        self.0.migrations()
    }
}

#[derive(QueryableByName)]
struct Presence {
    #[diesel(sql_type = Bool)]
    present: bool,
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

#[derive(QueryableByName)]
struct ForeignKeyViolation {
    #[diesel(sql_type = Text)]
    child: String,
}

/// Any number that no other program on the same database uses.
const ADVISORY_LOCK: i64 = 0x004C_6F6D_6261_7264;
const MIGRATION_BUSY_MILLISECONDS: u32 = 60_000;
