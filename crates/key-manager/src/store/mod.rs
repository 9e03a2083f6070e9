//! What the key manager keeps: clients, used assertions, token keys, published keys, trusted
//! certificates, and the feed of changes.
//!
//! Functions take a connection inside a unit of work of [`database::Database`]; rows are private to
//! this module, which returns the types of the domain.

mod assertions;
mod changes;
#[cfg(test)]
mod changes_tests;
mod clients;
mod published_keys;
mod registrations;
mod revoked_tokens;
mod schema;
mod state;
#[cfg(test)]
mod tests;
mod token_keys;
mod trusted_certificates;

pub(crate) use assertions::{OlderUses, SweptUses, UsedAssertion};
pub(crate) use changes::{
    Change, ChangePage, ClientFacts, FeedPosition, RecordedChange, TRUST_CHANGED, feed_end,
    last_position, sweep_changes,
};
pub(crate) use clients::{ClientFilter, ClientRecord, ClientStatus};
pub(crate) use published_keys::{PublishOutcome, PublishedKey};
pub(crate) use registrations::RegistrationRecord;
pub(crate) use state::{RevokedToken, State};
pub(crate) use token_keys::TokenKeyRecord;
pub(crate) use trusted_certificates::TrustedCertificate;

use database::{AnyConnection, Migrations, UtcMicros};
use diesel::QueryResult;
use diesel_migrations::embed_migrations;

/// The key manager's schema, for `lombard migrate` and for the start.
pub static MIGRATIONS: Migrations = Migrations {
    postgres: embed_migrations!("migrations/postgres"),
    sqlite: embed_migrations!("migrations/sqlite"),
};

/// Deletes at most so many rows of before then; the number deleted.
pub(crate) type Sweep = fn(&mut AnyConnection, UtcMicros, i64) -> QueryResult<usize>;
