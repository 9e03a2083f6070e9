//! What the directory keeps: organisations, software statements, certificates, the keys of SSAs.
//!
//! Functions take a connection inside a unit of work of [`database::Database`].

mod certificates;
mod organisations;
mod schema;
mod software_statements;
mod ssa_keys;
#[cfg(test)]
mod tests;

pub(crate) use certificates::{CertificateRecord, Holder, KeyState, Named};
pub(crate) use organisations::OrganisationRecord;
pub(crate) use software_statements::SoftwareStatementRecord;
pub(crate) use ssa_keys::SsaKeyRecord;

use database::Migrations;
use diesel_migrations::embed_migrations;

/// The directory's schema, for `lombard migrate` and for the start.
pub static MIGRATIONS: Migrations = Migrations {
    postgres: embed_migrations!("migrations/postgres"),
    sqlite: embed_migrations!("migrations/sqlite"),
};
