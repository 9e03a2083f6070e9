//! The event service's tables and every query on them; nothing outside names the query builder.

mod clients;
mod events;
mod idempotency;
mod inventory;
mod last_polls;
mod push_endpoints;
mod push_jobs;
mod push_outcomes;
mod reopening;
mod retention;
mod schema;
mod signing_keys;
mod subscriptions;
mod waiting;

#[cfg(test)]
mod retention_tests;
#[cfg(test)]
mod subscription_tests;
#[cfg(test)]
mod tests;

pub(crate) use clients::StoredClient;
pub(crate) use events::{DeliveryRules, EventRecord, Page, PageRequest, Release, ReleaseOutcome};
pub(crate) use idempotency::{Appended, Earlier};
pub(crate) use inventory::{
    EventFilter, EventStatus, InspectedEvent, LoggedEvent, Outcome, OutcomeKind, OutcomeWay,
};
pub(crate) use push_jobs::{Claimed, ClaimedJob, EndpointClaim, NewPushJob, NewPushes};
pub(crate) use push_outcomes::{AttemptRecord, PushOutcome, PushResult, RecordedPush};
#[cfg(test)]
pub(crate) use push_outcomes::{AttemptsOf, ListedAttempt};
pub(crate) use reopening::{EventChange, ReplayRange};
pub(crate) use signing_keys::{NewKey, SealedKey, StoredKey};
pub(crate) use subscriptions::{
    AddError, ChangeError, NewSubscription, OwnedSubscription, SubscriptionChange,
    SubscriptionLimit,
};

use database::{Backend, Database, Migrations};
use diesel_migrations::embed_migrations;
use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

/// The event service's migrations.
pub static MIGRATIONS: Migrations = Migrations {
    postgres: embed_migrations!("migrations/postgres"),
    sqlite: embed_migrations!("migrations/sqlite"),
};

/// The number under which a client's events are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClientNo(i32);

impl ClientNo {
    /// A number that no database has given.
    #[cfg(test)]
    pub(crate) const fn for_test(number: i32) -> Self {
        Self(number)
    }
}

impl fmt::Display for ClientNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ClientNo {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

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
