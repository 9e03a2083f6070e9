//! What the key manager keeps: clients, used assertions, token keys, published keys.
//!
//! Functions take a connection inside a unit of work of [`database::Database`]; rows are private to
//! this module, which returns the types of the domain.

mod assertions;
mod clients;
mod published_keys;
mod schema;
#[cfg(test)]
mod tests;
mod token_keys;

pub(crate) use assertions::{UsedAssertion, record, sweep};
pub(crate) use clients::{ClientRecord, ClientStatus};
pub(crate) use published_keys::{PublishOutcome, PublishedKey};
pub(crate) use token_keys::TokenKeyRecord;

use database::Migrations;
use diesel_migrations::embed_migrations;

/// The key manager's schema, for `lombard migrate` and for the start.
pub static MIGRATIONS: Migrations = Migrations {
    postgres: embed_migrations!("migrations/postgres"),
    sqlite: embed_migrations!("migrations/sqlite"),
};
