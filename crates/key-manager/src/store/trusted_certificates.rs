//! Certificates trusted one by one.

use super::schema::trusted_certificate;
use database::{AnyConnection, UtcMicros, each};
use diesel::prelude::*;

/// A certificate that is trusted as exactly itself.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable, Selectable)]
#[diesel(table_name = trusted_certificate)]
pub(crate) struct TrustedCertificate {
    /// Its name here.
    pub(crate) alias: String,
    /// DER.
    pub(crate) certificate: Vec<u8>,
    pub(crate) created_at: UtcMicros,
}

impl TrustedCertificate {
    /// All of them, in the order of their aliases.
    pub(crate) fn all(connection: &mut AnyConnection) -> QueryResult<Vec<Self>> {
        trusted_certificate::table
            .order(trusted_certificate::alias)
            .select(Self::as_select())
            .load(connection)
    }

    /// The certificate of that alias.
    pub(crate) fn find(connection: &mut AnyConnection, alias: &str) -> QueryResult<Option<Self>> {
        trusted_certificate::table
            .find(alias)
            .select(Self::as_select())
            .first(connection)
            .optional()
    }

    /// At most `limit` after the alias `after`, in the order of their aliases.
    pub(crate) fn page(
        connection: &mut AnyConnection,
        after: &str,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        trusted_certificate::table
            .filter(trusted_certificate::alias.gt(after))
            .order(trusted_certificate::alias)
            .limit(limit)
            .select(Self::as_select())
            .load(connection)
    }

    /// Adds the certificate; false where its alias is taken.
    pub(crate) fn insert(&self, connection: &mut AnyConnection) -> QueryResult<bool> {
        let rows = each!(connection => diesel::insert_into(trusted_certificate::table)
            .values(self)
            .on_conflict_do_nothing()
            .execute(connection))?;
        Ok(rows == 1)
    }

    /// Removes the certificate; false where there is none of that alias.
    pub(crate) fn delete(connection: &mut AnyConnection, alias: &str) -> QueryResult<bool> {
        diesel::delete(trusted_certificate::table.find(alias))
            .execute(connection)
            .map(|rows| rows == 1)
    }
}
