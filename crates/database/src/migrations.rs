//! Migrations per role and backend.

use diesel_migrations::EmbeddedMigrations;

/// A role's migrations: the same names in both directories.
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
