//! Software statements.

use super::schema::software_statement;
use database::{AnyConnection, UtcMicros, each};
use diesel::prelude::*;

/// A software statement as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable, Selectable)]
#[diesel(table_name = software_statement)]
pub(crate) struct SoftwareStatementRecord {
    pub(crate) software_id: String,
    pub(crate) organisation_id: String,
    /// What SSAs say of it, JSON.
    pub(crate) details: String,
    pub(crate) created_at: UtcMicros,
}

impl SoftwareStatementRecord {
    /// The software statement of that id, if it is that organisation's.
    pub(crate) fn find(
        connection: &mut AnyConnection,
        organisation_id: &str,
        software_id: &str,
    ) -> QueryResult<Option<Self>> {
        software_statement::table
            .find(software_id)
            .filter(software_statement::organisation_id.eq(organisation_id))
            .select(Self::as_select())
            .first(connection)
            .optional()
    }

    /// At most `limit` software statements of the organisation after the id `after`, in the order
    /// of their ids.
    pub(crate) fn page(
        connection: &mut AnyConnection,
        organisation_id: &str,
        after: &str,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        software_statement::table
            .filter(software_statement::organisation_id.eq(organisation_id))
            .filter(software_statement::software_id.gt(after))
            .order(software_statement::software_id)
            .limit(limit)
            .select(Self::as_select())
            .load(connection)
    }

    /// Adds the software statement; false where its id is taken.
    pub(crate) fn insert(&self, connection: &mut AnyConnection) -> QueryResult<bool> {
        let inserted = each!(connection => diesel::insert_into(software_statement::table)
            .values(self)
            .on_conflict_do_nothing()
            .execute(connection))?;
        Ok(inserted == 1)
    }
}
