//! Mechanism of storage, and nothing of what is stored: one connection over SQLite and PostgreSQL,
//! units of work, a batching writer, migrations and column types.
//!
//! A role keeps its tables, queries and migrations in its own `store` module and calls
//! [`Database::read`] and [`Database::write`] with closures; each closure is one unit of work.

mod batch;
mod column;
mod connection;
mod database;
mod error;
mod migrations;
mod pool;
mod sqlite;
mod url;

pub use self::url::{Backend, DatabaseUrl, InvalidDatabaseUrl};
pub use column::UtcMicros;
pub use connection::AnyConnection;
pub use database::{Database, DatabaseOptions};
pub use error::{DatabaseError, OpenError};
pub use migrations::{MigrationError, Migrations, SchemaState};
