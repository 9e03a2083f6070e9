//! Certificates that were issued, and the keys that their holders publish.

use super::schema::{certificate, software_statement};
use database::{AnyBackend, AnyConnection, UtcMicros};
use diesel::prelude::*;

/// The most keys of one JWK set: what its readers take.
const MAX_KEYS: i64 = 100;

/// A certificate as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable, Selectable)]
#[diesel(table_name = certificate)]
pub(crate) struct CertificateRecord {
    /// Lower-case hexadecimal.
    pub(crate) serial: String,
    pub(crate) software_id: String,
    pub(crate) kind: String,
    pub(crate) defect: Option<String>,
    pub(crate) kid: String,
    pub(crate) chain_pem: String,
    pub(crate) jwk: Option<String>,
    pub(crate) not_before: UtcMicros,
    pub(crate) not_after: UtcMicros,
    pub(crate) revoked_at: Option<UtcMicros>,
    pub(crate) created_at: UtcMicros,
}

/// Whose keys.
#[derive(Clone, Debug)]
pub(crate) enum Holder {
    /// All software statements of the organisation of this id.
    Organisation(String),
    /// The software statement of this id.
    Software(String),
}

/// Which keys.
#[derive(Clone, Copy, Debug)]
pub(crate) enum KeyState {
    /// Their certificates are valid at that time and not revoked.
    Good(UtcMicros),
    /// Their certificates are revoked.
    Revoked,
}

/// How a caller names a certificate.
#[derive(Clone, Debug)]
pub(crate) enum Named {
    /// By the id of its key, a published one.
    Key(String),
    /// By its serial number.
    Serial(String),
}

impl CertificateRecord {
    /// Adds the certificate.
    pub(crate) fn insert(&self, connection: &mut AnyConnection) -> QueryResult<()> {
        diesel::insert_into(certificate::table).values(self).execute(connection).map(drop)
    }

    /// At most `limit` certificates of the software after the serial `after`, in the order of their
    /// serials.
    pub(crate) fn page(
        connection: &mut AnyConnection,
        software_id: &str,
        after: &str,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        certificate::table
            .filter(certificate::software_id.eq(software_id))
            .filter(certificate::serial.gt(after))
            .order(certificate::serial)
            .limit(limit)
            .select(Self::as_select())
            .load(connection)
    }

    /// Revokes a certificate of the software, unless it is revoked already; the certificate as it
    /// then is.
    pub(crate) fn revoke(
        connection: &mut AnyConnection,
        software_id: &str,
        named: &Named,
        now: UtcMicros,
    ) -> QueryResult<Option<Self>> {
        let Some(mut found) = Self::find(connection, software_id, named)? else { return Ok(None) };
        let changed = diesel::update(certificate::table.find(&found.serial))
            .filter(certificate::revoked_at.is_null())
            .set(certificate::revoked_at.eq(now))
            .execute(connection)?;
        if changed == 1 {
            found.revoked_at = Some(now);
        }
        Ok(Some(found))
    }

    /// Serial numbers and times of what the issuing authority's list has to name at `now`: revoked
    /// certificates that would otherwise be good.
    pub(crate) fn revoked(
        connection: &mut AnyConnection,
        now: UtcMicros,
    ) -> QueryResult<Vec<(String, UtcMicros)>> {
        let by_another = "wrong-issuer";
        let found: Vec<(String, Option<UtcMicros>)> = certificate::table
            .filter(certificate::revoked_at.is_not_null())
            .filter(certificate::not_after.gt(now))
            .filter(certificate::defect.is_null().or(certificate::defect.ne(by_another)))
            .order(certificate::serial)
            .select((certificate::serial, certificate::revoked_at))
            .load(connection)?;
        Ok(found.into_iter().filter_map(|(serial, at)| Some((serial, at?))).collect())
    }

    /// The published keys of `holder`, JWK texts, the newest first.
    pub(crate) fn keys(
        connection: &mut AnyConnection,
        holder: &Holder,
        state: KeyState,
    ) -> QueryResult<Vec<String>> {
        let mut query = certificate::table
            .inner_join(software_statement::table)
            .filter(certificate::jwk.is_not_null())
            .order((certificate::created_at.desc(), certificate::serial))
            .limit(MAX_KEYS)
            .select(certificate::jwk)
            .into_boxed::<AnyBackend>();
        query = match holder {
            Holder::Organisation(id) => query.filter(software_statement::organisation_id.eq(id)),
            Holder::Software(id) => query.filter(certificate::software_id.eq(id)),
        };
        query = match state {
            KeyState::Good(now) => query
                .filter(certificate::revoked_at.is_null())
                .filter(certificate::not_before.le(now))
                .filter(certificate::not_after.gt(now)),
            KeyState::Revoked => query.filter(certificate::revoked_at.is_not_null()),
        };
        let keys: Vec<Option<String>> = query.load(connection)?;
        Ok(keys.into_iter().flatten().collect())
    }

    fn find(
        connection: &mut AnyConnection,
        software_id: &str,
        named: &Named,
    ) -> QueryResult<Option<Self>> {
        let query = certificate::table
            .filter(certificate::software_id.eq(software_id))
            .select(Self::as_select())
            .into_boxed::<AnyBackend>();
        match named {
            Named::Key(kid) => {
                query.filter(certificate::kid.eq(kid)).filter(certificate::jwk.is_not_null())
            }
            Named::Serial(serial) => query.filter(certificate::serial.eq(serial)),
        }
        .first(connection)
        .optional()
    }
}
