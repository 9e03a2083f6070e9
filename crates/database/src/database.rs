//! Opening a database and doing units of work on it.

use crate::batch::{self, Account, Health, Meters};
use crate::notifications::{self, Notifications};
use crate::session::Sessions;
use crate::transaction::Purpose;
use crate::unit::{self, Unit};
use crate::writer::Writer;
use crate::{
    AnyConnection, Backend, DatabaseError, DatabaseUrl, MigrationError, Migrations, OpenError,
    SchemaState, migrations, postgres, sqlite,
};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

/// Sizes and times of one database.
#[derive(Clone, Copy, Debug)]
pub struct DatabaseOptions {
    /// Pooled connections (readers on SQLite).
    pub connections: u32,
    /// How long a unit of work waits for a connection.
    pub acquire_timeout: Duration,
    /// How long one statement may take (PostgreSQL `statement_timeout`, SQLite `busy_timeout`). A
    /// whole unit of work is given up after twice that, in case the server has stopped counting.
    pub statement_timeout: Duration,
    /// Refuse, rather than warn about, a PostgreSQL that runs without `fsync`, `full_page_writes`
    /// or `synchronous_commit`: it may lose a commit that was already answered.
    pub require_durable: bool,
}

impl Default for DatabaseOptions {
    fn default() -> Self {
        Self {
            connections: 8,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(5),
            require_durable: false,
        }
    }
}

/// A database: cheap to clone, closed with its last clone.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

struct Shared {
    url: DatabaseUrl,
    options: DatabaseOptions,
    account: Account,
    /// As many as may use `readers` and `pool` at a time; waiting here costs no thread.
    permits: Arc<Semaphore>,
    readers: Arc<Sessions>,
    /// Connections of single write transactions; PostgreSQL only.
    pool: Arc<Sessions>,
    writer: Writer,
}

impl Database {
    /// Opens `url`; a missing SQLite file is created, nothing else is.
    pub fn open(url: &DatabaseUrl, options: DatabaseOptions) -> Result<Self, OpenError> {
        let refuse = |reason| OpenError { url: url.to_string(), reason };
        prepare(url, &options).map_err(refuse)?;
        let account = Account {
            database: url.name(),
            statement_timeout: options.statement_timeout,
            meters: Meters::new(&url.name()),
        };
        let batching = Arc::new(Sessions::new(url, options, Purpose::Write));
        let writer = Writer::start(&batching, &options, &account, writer_threads(url))
            .map_err(|error| refuse(error.to_string()))?;
        let shared = Shared {
            url: url.clone(),
            options,
            account,
            permits: Arc::new(Semaphore::new(options.connections.max(1) as usize)),
            readers: Arc::new(Sessions::new(url, options, Purpose::Read)),
            pool: Arc::new(Sessions::new(url, options, Purpose::Write)),
            writer,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Which of the two it is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.shared.url.backend()
    }

    /// Runs the missing migrations; safe to call from several processes at once.
    pub async fn migrate(&self, migrations: &'static Migrations) -> Result<(), MigrationError> {
        let (url, options) = (self.shared.url.clone(), self.shared.options);
        tokio::task::spawn_blocking(move || migrations::run(&url, &options, migrations))
            .await
            .map_err(|error| MigrationError(error.to_string()))?
    }

    /// Whether all migrations are in; changes nothing.
    pub async fn schema_state(
        &self,
        migrations: &'static Migrations,
    ) -> Result<SchemaState, MigrationError> {
        self.read(move |connection| migrations::state(connection, migrations)).await
    }

    /// Runs `work` in one read-only transaction, one snapshot, off the async threads.
    pub async fn read<T, E>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let mut work = Some(work);
        let once = move |connection: &mut AnyConnection| match work.take() {
            Some(work) => work(connection),
            None => Err(DatabaseError::Unavailable("a read does not run again".to_owned()).into()),
        };
        self.on_pool(&self.shared.readers, once, |session, unit, _| batch::read(session, unit))
            .await
    }

    /// Runs `work` in one read-write transaction; `Ok` means that it is durable. On SQLite it joins
    /// the writer's next batch; after a deadlock, or where a neighbour has failed, it runs again.
    pub async fn write<T, E>(
        &self,
        work: impl FnMut(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        match self.shared.url.backend() {
            Backend::Postgres => self.on_pool(&self.shared.pool, work, batch::run_alone).await,
            Backend::Sqlite => self.write_batched(work).await,
        }
    }

    /// Like [`Self::write`] for hot inserts: on PostgreSQL, too, units that wait together share one
    /// transaction and one flush. `work` may run again if its batch was rolled back.
    pub async fn write_batched<T, E>(
        &self,
        work: impl FnMut(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let (unit, result) = unit::unit(work);
        self.shared.writer.submit(unit);
        self.await_result(result).await
    }

    /// What is sent on `channel` by whoever shares the database; nothing on SQLite, which one process
    /// has to itself.
    #[must_use]
    pub fn notifications(&self, channel: &str) -> Option<Notifications> {
        match self.shared.url.backend() {
            Backend::Postgres => {
                Some(Notifications::new(&self.shared.url, self.shared.options, channel))
            }
            Backend::Sqlite => None,
        }
    }

    /// Sends `payload`, less than 8,000 bytes without NUL, on `channel`, in a transaction of its own:
    /// one that writes would keep every other one from committing meanwhile. Who is not listening
    /// never hears of it. Does nothing on SQLite.
    pub async fn notify(
        &self,
        channel: &'static str,
        payload: String,
    ) -> Result<(), DatabaseError> {
        match self.shared.url.backend() {
            Backend::Postgres => {
                self.write(move |connection| notifications::send(connection, channel, &payload))
                    .await
            }
            Backend::Sqlite => Ok(()),
        }
    }

    /// Whether the database answers, within the acquire time-out: for readiness.
    pub async fn is_alive(&self) -> bool {
        let asked = self.read(|connection| {
            use diesel::connection::SimpleConnection;
            connection.batch_execute("SELECT 1").map_err(DatabaseError::from)
        });
        matches!(timeout(self.shared.options.acquire_timeout, asked).await, Ok(Ok(())))
    }

    async fn on_pool<T, E>(
        &self,
        sessions: &Arc<Sessions>,
        work: impl FnMut(&mut AnyConnection) -> Result<T, E> + Send + 'static,
        run: fn(&mut crate::session::Session, Box<dyn Unit>, &Account) -> Health,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let started = Instant::now();
        let permits = Arc::clone(&self.shared.permits).acquire_owned();
        let Ok(Ok(permit)) = timeout(self.shared.options.acquire_timeout, permits).await else {
            return Err(unavailable("all connections are busy"));
        };
        self.shared.account.meters.wait_seconds.record(started.elapsed());
        let (unit, result) = unit::unit(work);
        let (sessions, account) = (Arc::clone(sessions), self.shared.account.clone());
        tokio::task::spawn_blocking(move || {
            match sessions.begin() {
                Err(error) => unit.fail(error),
                Ok(mut session) => {
                    if run(&mut session, unit, &account) == Health::Sound {
                        sessions.give_back(session);
                    }
                }
            }
            // Held until the thread is free again, also when the caller has given up.
            drop(permit);
        });
        self.await_result(result).await
    }

    /// Waits at most as long as a unit can take when every limit of the database works.
    async fn await_result<T, E>(&self, result: oneshot::Receiver<Result<T, E>>) -> Result<T, E>
    where
        E: From<DatabaseError>,
    {
        let options = &self.shared.options;
        match timeout(options.acquire_timeout + 2 * options.statement_timeout, result).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(unavailable("the database is being closed")),
            Err(_) => Err(unavailable("the database did not answer in time")),
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Database({})", self.shared.url)
    }
}

/// Makes the SQLite file, or looks at what PostgreSQL promises.
fn prepare(url: &DatabaseUrl, options: &DatabaseOptions) -> Result<(), String> {
    match url.backend() {
        Backend::Sqlite => sqlite::create(url, options),
        Backend::Postgres => {
            let mut connection = postgres::connect(url, options)?;
            let undurable = postgres::undurable_settings(&mut connection)?;
            if !undurable.is_empty() {
                tracing::warn!(database = %url, undurable, "this server may lose commits");
            }
            Ok(())
        }
    }
}

/// Two on PostgreSQL: one collects while the other waits for its flush.
fn writer_threads(url: &DatabaseUrl) -> usize {
    match url.backend() {
        Backend::Postgres => 2,
        Backend::Sqlite => 1,
    }
}

fn unavailable<E: From<DatabaseError>>(reason: &str) -> E {
    DatabaseError::Unavailable(reason.to_owned()).into()
}
