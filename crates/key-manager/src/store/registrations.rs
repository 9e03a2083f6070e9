//! What clients that registered themselves were answered.

use super::schema::client_registration;
use database::{AnyConnection, each};
use diesel::prelude::*;

/// A registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RegistrationRecord {
    pub(crate) client_id: String,
    pub(crate) software_id: String,
    /// Who gave the software its id; empty where the registration is from before that was kept.
    pub(crate) software_issuer: String,
    /// When the client id was issued, in seconds.
    pub(crate) issued_at: i64,
    /// The answer, JSON.
    pub(crate) document: String,
    /// Whether the software may have no other client; the database makes sure of it.
    pub(crate) is_only_one: bool,
}

#[derive(Queryable, Insertable, Selectable)]
#[diesel(table_name = client_registration, treat_none_as_default_value = false)]
struct RegistrationRow {
    client_id: String,
    software_id: String,
    sole_software_id: Option<String>,
    software_issuer: String,
    issued_at: i64,
    document: String,
}

impl RegistrationRecord {
    /// The registration of that client.
    pub(crate) fn find(connection: &mut AnyConnection, id: &str) -> QueryResult<Option<Self>> {
        let row = client_registration::table
            .find(id)
            .select(RegistrationRow::as_select())
            .first::<RegistrationRow>(connection)
            .optional()?;
        Ok(row.map(|row| Self {
            client_id: row.client_id,
            software_id: row.software_id,
            software_issuer: row.software_issuer,
            issued_at: row.issued_at,
            document: row.document,
            is_only_one: row.sole_software_id.is_some(),
        }))
    }

    /// Whether a client is registered for the same software.
    pub(crate) fn has_client(&self, connection: &mut AnyConnection) -> QueryResult<bool> {
        client_registration::table
            .filter(client_registration::software_id.eq(&self.software_id))
            .filter(client_registration::software_issuer.eq_any([&self.software_issuer, UNKNOWN]))
            .select(client_registration::client_id)
            .first::<String>(connection)
            .optional()
            .map(|found| found.is_some())
    }

    /// Adds the registration; false where its software has one and may have no other.
    pub(crate) fn insert(&self, connection: &mut AnyConnection) -> QueryResult<bool> {
        let row = RegistrationRow {
            client_id: self.client_id.clone(),
            software_id: self.software_id.clone(),
            sole_software_id: self.is_only_one.then(|| self.software_id.clone()),
            software_issuer: self.software_issuer.clone(),
            issued_at: self.issued_at,
            document: self.document.clone(),
        };
        let inserted = each!(connection => diesel::insert_into(client_registration::table)
            .values(&row)
            .on_conflict_do_nothing()
            .execute(connection))?;
        Ok(inserted == 1)
    }

    /// Whether the software is what `issuer` calls `software_id`.
    pub(crate) fn is_of(&self, issuer: &str, software_id: &str) -> bool {
        self.software_id == software_id && [issuer, UNKNOWN].contains(&&*self.software_issuer)
    }

    /// Replaces the document and the software's issuer; false where there is no such registration.
    pub(crate) fn replace(&self, connection: &mut AnyConnection) -> QueryResult<bool> {
        diesel::update(client_registration::table.find(&self.client_id))
            .set((
                client_registration::document.eq(&self.document),
                client_registration::software_issuer.eq(&self.software_issuer),
            ))
            .execute(connection)
            .map(|rows| rows == 1)
    }
}

/// The issuer of registrations that do not say it.
const UNKNOWN: &str = "";
