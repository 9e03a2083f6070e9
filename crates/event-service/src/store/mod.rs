//! The event service's tables and every query on them; nothing outside names the query builder.

mod clients;
mod events;
mod schema;
mod signing_keys;

#[cfg(test)]
mod tests;

pub(crate) use clients::StoredClient;
pub(crate) use events::{EventRecord, Page, PageRequest, Release, ReleaseOutcome};
pub(crate) use signing_keys::{NewKey, SealedKey, StoredKey};

use database::{Database, Migrations};
use diesel_migrations::embed_migrations;

/// The event service's migrations.
pub static MIGRATIONS: Migrations = Migrations {
    postgres: embed_migrations!("migrations/postgres"),
    sqlite: embed_migrations!("migrations/sqlite"),
};

/// The number under which a client's events are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClientNo(i32);

/// The event service's database; each method is one unit of work.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    database: Database,
}

impl Store {
    /// A store on a migrated `database`.
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Whether the database answers.
    pub(crate) async fn is_alive(&self) -> bool {
        self.database.is_alive().await
    }
}
