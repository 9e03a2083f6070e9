//! Databases of tests: a file, or a fresh database in a PostgreSQL server.

mod server;

use server::Server;
use std::sync::Arc;
use tempfile::TempDir;

/// One empty database for one test; gone when dropped.
pub struct TestDatabase {
    url: String,
    place: Place,
}

/// What is removed when the test ends.
enum Place {
    File { _directory: TempDir },
    Server { database: ServerDatabase },
}

impl TestDatabase {
    /// An SQLite file in a temporary directory.
    #[must_use]
    pub fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let url = format!("sqlite://{}", directory.path().join("test.db").display());
        Self { url, place: Place::File { _directory: directory } }
    }

    /// A database in the server that `TEST_DATABASE_URL` names, by a user who may create some; else
    /// in a private server, which this process starts and shares.
    ///
    /// `None`, said on standard error, only where `LOMBARD_TESTS_WITHOUT_POSTGRES=1` allows it: a
    /// missing PostgreSQL otherwise fails the test.
    #[must_use]
    pub fn postgres() -> Option<Self> {
        if without_postgres() {
            return None;
        }
        Some(Self::in_server(Server::shared()))
    }

    fn in_server(server: Arc<Server>) -> Self {
        let name = format!("lombard_test_{}", uuid_text());
        server.create_database(&name);
        let url = server.url_of(&name);
        Self { url, place: Place::Server { database: ServerDatabase { server, name } } }
    }

    /// Its URL, `sqlite://…` or `postgres://…`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Takes a PostgreSQL database away from those who use it, as an outage would; returns when it
    /// is gone. A file stays as long as this value.
    pub fn take_away(&self) {
        if let Place::Server { database } = &self.place {
            database.server.drop_database_now(&database.name);
        }
    }

    /// Whether it is in a PostgreSQL server.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        matches!(self.place, Place::Server { .. })
    }
}

/// A PostgreSQL server of a test's own, which it may stop and start again.
pub struct PostgresServer(Arc<Server>);

/// How PostgreSQL is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostgresStop {
    /// Open transactions are rolled back, sessions told.
    Fast,
    /// As a crash: recovery at the next start.
    Immediate,
}

impl PostgresServer {
    /// A new server, running; `None` where [`TestDatabase::postgres`] gives none.
    #[must_use]
    pub fn start() -> Option<Self> {
        (!without_postgres()).then(|| Self(Server::own()))
    }

    /// A fresh database in it.
    #[must_use]
    pub fn database(&self) -> TestDatabase {
        TestDatabase::in_server(Arc::clone(&self.0))
    }

    /// Stops it; returns when it has ended.
    pub fn stop(&self, how: PostgresStop) {
        self.0.halt(match how {
            PostgresStop::Fast => "INT",
            PostgresStop::Immediate => "QUIT",
        });
    }

    /// Starts it again on the same address; returns when it takes connections.
    pub fn start_again(&self) {
        self.0.go_on();
    }
}

fn without_postgres() -> bool {
    let without = setting("LOMBARD_TESTS_WITHOUT_POSTGRES").as_deref() == Some("1");
    if without {
        eprintln!("SKIPPED on PostgreSQL: LOMBARD_TESTS_WITHOUT_POSTGRES=1");
    }
    without
}

struct ServerDatabase {
    server: Arc<Server>,
    name: String,
}

impl Drop for ServerDatabase {
    fn drop(&mut self) {
        self.server.drop_database(&self.name);
    }
}

/// Runs a test body on actix's runtime; for [`on_both_databases!`](crate::on_both_databases).
#[doc(hidden)]
pub fn run_test(test: impl Future<Output = ()>) {
    actix_web::rt::System::new().block_on(test);
}

/// Makes two tests of each function: `sqlite::NAME` and `postgres::NAME`, each with a database of
/// its own, on actix's runtime. Once per module.
///
/// ```ignore
/// test_kit::on_both_databases! {
///     async fn a_used_assertion_is_refused(database: TestDatabase) { }
/// }
/// ```
#[macro_export]
macro_rules! on_both_databases {
    ($($(#[$attribute:meta])* async fn $name:ident($database:ident: TestDatabase) $body:block)+) => {
        $($(#[$attribute])* async fn $name($database: $crate::TestDatabase) $body)+

        mod sqlite {
            $(#[test]
            fn $name() {
                $crate::run_test(super::$name($crate::TestDatabase::sqlite()));
            })+
        }

        mod postgres {
            $(#[test]
            fn $name() {
                if let Some(database) = $crate::TestDatabase::postgres() {
                    $crate::run_test(super::$name(database));
                }
            })+
        }
    };
}

#[expect(clippy::disallowed_methods, reason = "the environment is all that configures tests")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "a name or password that no other test run has")]
fn uuid_text() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
