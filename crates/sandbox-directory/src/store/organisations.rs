//! Organisations.

use super::schema::organisation;
use database::{AnyConnection, UtcMicros, each};
use diesel::prelude::*;

/// An organisation as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable, Selectable)]
#[diesel(table_name = organisation)]
pub(crate) struct OrganisationRecord {
    pub(crate) organisation_id: String,
    /// What SSAs and certificates say of it, JSON.
    pub(crate) details: String,
    pub(crate) created_at: UtcMicros,
}

impl OrganisationRecord {
    /// The organisation of that id.
    pub(crate) fn find(connection: &mut AnyConnection, id: &str) -> QueryResult<Option<Self>> {
        organisation::table.find(id).select(Self::as_select()).first(connection).optional()
    }

    /// At most `limit` organisations after the id `after`, in the order of their ids.
    pub(crate) fn page(
        connection: &mut AnyConnection,
        after: &str,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        organisation::table
            .filter(organisation::organisation_id.gt(after))
            .order(organisation::organisation_id)
            .limit(limit)
            .select(Self::as_select())
            .load(connection)
    }

    /// Adds the organisation; false where its id is taken.
    pub(crate) fn insert(&self, connection: &mut AnyConnection) -> QueryResult<bool> {
        let inserted = each!(connection => diesel::insert_into(organisation::table)
            .values(self)
            .on_conflict_do_nothing()
            .execute(connection))?;
        Ok(inserted == 1)
    }
}
