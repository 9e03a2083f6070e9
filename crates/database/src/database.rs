//! Opening a database and doing units of work on it.

use crate::{
    AnyConnection, DatabaseError, DatabaseUrl, MigrationError, Migrations, OpenError, SchemaState,
};

/// Sizes and times of one database.
#[derive(Clone, Copy, Debug)]
pub struct DatabaseOptions {
    /// Pooled connections (readers on SQLite).
    pub connections: u32,
    /// How long a unit of work waits for a connection.
    pub acquire_timeout: std::time::Duration,
    /// How long one statement may take (PostgreSQL `statement_timeout`, SQLite `busy_timeout`).
    pub statement_timeout: std::time::Duration,
    /// Refuse, rather than warn about, a PostgreSQL that runs without `fsync`, `full_page_writes`
    /// or `synchronous_commit` (design §5 row 18).
    pub require_durable: bool,
}

impl Default for DatabaseOptions {
    fn default() -> Self {
        Self {
            connections: 8,
            acquire_timeout: std::time::Duration::from_secs(5),
            statement_timeout: std::time::Duration::from_secs(5),
            require_durable: false,
        }
    }
}

/// A database: cheap to clone, closed with its last clone.
#[derive(Clone)]
pub struct Database {}

impl Database {
    /// Opens `url`; a missing SQLite file is created, nothing else is.
    pub fn open(url: &DatabaseUrl, options: DatabaseOptions) -> Result<Self, OpenError> {
        let _ = (url, options);
        todo!()
    }

    /// Runs the missing migrations; safe to call from several processes at once.
    pub async fn migrate(&self, migrations: &'static Migrations) -> Result<(), MigrationError> {
        let _ = migrations;
        todo!()
    }

    /// Whether all migrations are in.
    pub async fn schema_state(
        &self,
        migrations: &'static Migrations,
    ) -> Result<SchemaState, MigrationError> {
        let _ = migrations;
        todo!()
    }

    /// Runs `work` in one read-only transaction off the async threads.
    pub async fn read<T, E>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let _ = work;
        todo!()
    }

    /// Runs `work` in one read-write transaction; `Ok` means that it is durable. On SQLite it joins
    /// the writer's next batch with a savepoint of its own.
    pub async fn write<T, E>(
        &self,
        work: impl FnMut(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let _ = work;
        todo!()
    }

    /// Like [`Self::write`] for hot inserts: on PostgreSQL, too, units that wait together share one
    /// transaction and one flush. `work` may run again alone if its batch was rolled back.
    pub async fn write_batched<T, E>(
        &self,
        work: impl FnMut(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let _ = work;
        todo!()
    }

    /// Whether the database answers, within the acquire time-out: for readiness.
    pub async fn is_alive(&self) -> bool {
        todo!()
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Database")
    }
}
