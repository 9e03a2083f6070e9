//! Mechanism of storage, and nothing of what is stored: one connection over SQLite and PostgreSQL,
//! units of work, a batching writer, notifications between processes, migrations and column types.
//!
//! A role keeps its tables, queries and migrations in its own `store` module and calls
//! [`Database::read`] and [`Database::write`] with closures; each closure is one unit of work.
//! Nothing else may wait inside one: no network call, no lock of another kind.
//!
//! Metrics, labelled with the name of the `database`: `lombard_database_wait_seconds` (for a connection or
//! for the writer), `lombard_database_batch_units` and `lombard_database_commit_seconds`.

mod batch;
mod column;
mod connection;
mod database;
mod error;
mod jitter;
mod libpq;
mod migrations;
mod notifications;
mod postgres;
mod session;
mod sqlite;
mod transaction;
mod unit;
mod url;
mod writer;

pub use self::url::{Backend, DatabaseUrl, InvalidDatabaseUrl};
pub use column::{TimeOutOfRange, UtcMicros, UuidBytes};
pub use connection::{AnyBackend, AnyConnection};
pub use database::{Database, DatabaseOptions};
pub use error::{DatabaseError, OpenError, ensure_affected};
pub use migrations::{MigrationError, Migrations, SchemaState};
pub use notifications::{Notification, Notifications};
