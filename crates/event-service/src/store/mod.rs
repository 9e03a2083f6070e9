//! The event service's tables and every query on them; nothing outside names the query builder.

mod clients;
mod events;
mod schema;
mod signing_keys;
#[cfg_attr(not(test), expect(dead_code, reason = "the doors of subscriptions follow"))]
mod subscriptions;

#[cfg(test)]
mod subscription_tests;
#[cfg(test)]
mod tests;

pub(crate) use clients::StoredClient;
pub(crate) use events::{EventRecord, Page, PageRequest, Release, ReleaseOutcome};
pub(crate) use signing_keys::{NewKey, SealedKey, StoredKey};
pub(crate) use subscriptions::{
    AddError, ChangeError, NewSubscription, OwnedSubscription, SubscriptionChange,
    SubscriptionLimit,
};

use database::{Backend, Database, Migrations};
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

    /// Whether no other process writes to the database.
    pub(crate) fn is_of_one_process(&self) -> bool {
        match self.database.backend() {
            Backend::Postgres => false,
            Backend::Sqlite => true,
        }
    }

    /// Whether the database answers.
    pub(crate) async fn is_alive(&self) -> bool {
        self.database.is_alive().await
    }
}
