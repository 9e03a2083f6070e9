//! Clients with their scopes and roles.

use super::schema::{client, client_role, client_scope};
use database::{AnyBackend, AnyConnection, UtcMicros, each};
use diesel::prelude::*;

/// A client as it is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientRecord {
    pub(crate) client_id: String,
    pub(crate) status: ClientStatus,
    pub(crate) software_id: Option<String>,
    pub(crate) organisation_id: Option<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) token_endpoint_auth_signing_alg: Option<String>,
    pub(crate) tls_client_auth_subject_dn: Option<String>,
    pub(crate) jwks: String,
    pub(crate) assertion_lifetime_cap_seconds: Option<i64>,
    pub(crate) allow_audience_array: bool,
    /// When it was registered; tokens issued earlier, to a client of this id before, are not its own.
    pub(crate) created_at: UtcMicros,
    pub(crate) token_endpoint_auth_method: String,
    /// Where its keys are, unless they are in `jwks`.
    pub(crate) jwks_uri: Option<String>,
    /// base64url of the SHA-256 of its secret.
    pub(crate) client_secret_hash: Option<String>,
    /// Whether it may introspect the tokens of others.
    pub(crate) resource_server: bool,
}

/// Whether a client may authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientStatus {
    /// It may.
    Active,
    /// It may not, for now.
    Disabled,
}

/// Which clients are listed.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientFilter {
    /// Those of this status.
    pub(crate) status: Option<ClientStatus>,
    /// Those that have this role.
    pub(crate) role: Option<String>,
}

#[derive(Queryable, Insertable, Selectable)]
#[diesel(table_name = client, treat_none_as_default_value = false)]
struct ClientRow {
    client_id: String,
    status: String,
    software_id: Option<String>,
    organisation_id: Option<String>,
    token_endpoint_auth_signing_alg: Option<String>,
    tls_client_auth_subject_dn: Option<String>,
    jwks: String,
    assertion_lifetime_cap_seconds: Option<i64>,
    allow_audience_array: bool,
    created_at: UtcMicros,
    token_endpoint_auth_method: String,
    jwks_uri: Option<String>,
    client_secret_hash: Option<String>,
    resource_server: bool,
}

impl ClientRecord {
    /// The client of that id, compared byte by byte.
    pub(crate) fn find(connection: &mut AnyConnection, id: &str) -> QueryResult<Option<Self>> {
        let row = client::table
            .find(id)
            .select(ClientRow::as_select())
            .first::<ClientRow>(connection)
            .optional()?;
        row.map(|row| Self::with_grants(connection, row)).transpose()
    }

    /// At most `limit` of the clients that `filter` lets through, after the id `after`, in the order of their ids.
    pub(crate) fn page(
        connection: &mut AnyConnection,
        filter: &ClientFilter,
        after: &str,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        let mut rows = client::table
            .filter(client::client_id.gt(after))
            .order(client::client_id)
            .limit(limit)
            .select(ClientRow::as_select())
            .into_boxed::<AnyBackend>();
        if let Some(status) = filter.status {
            rows = rows.filter(client::status.eq(status.as_str()));
        }
        if let Some(role) = &filter.role {
            let of_role = client_role::table
                .filter(client_role::role.eq(role))
                .select(client_role::client_id);
            rows = rows.filter(client::client_id.eq_any(of_role));
        }
        let rows = rows.load::<ClientRow>(connection)?;
        rows.into_iter().map(|row| Self::with_grants(connection, row)).collect()
    }

    /// Adds the client; false where its id is taken.
    pub(crate) fn insert(&self, connection: &mut AnyConnection) -> QueryResult<bool> {
        let row = self.row();
        let inserted = each!(connection => diesel::insert_into(client::table)
            .values(&row)
            .on_conflict_do_nothing()
            .execute(connection))?;
        if inserted == 0 {
            return Ok(false);
        }
        self.insert_grants(connection)?;
        Ok(true)
    }

    /// Replaces what is registered of the client, but for its status and what an operator set; false
    /// where there is none.
    pub(crate) fn replace(&self, connection: &mut AnyConnection) -> QueryResult<bool> {
        let algorithm = self.token_endpoint_auth_signing_alg.as_deref();
        let subject = self.tls_client_auth_subject_dn.as_deref();
        let replaced = diesel::update(client::table.find(&self.client_id))
            .set((
                client::software_id.eq(self.software_id.as_deref()),
                client::organisation_id.eq(self.organisation_id.as_deref()),
                client::token_endpoint_auth_signing_alg.eq(algorithm),
                client::tls_client_auth_subject_dn.eq(subject),
                client::jwks.eq(&self.jwks),
                client::token_endpoint_auth_method.eq(&self.token_endpoint_auth_method),
                client::jwks_uri.eq(self.jwks_uri.as_deref()),
            ))
            .execute(connection)?;
        if replaced == 0 {
            return Ok(false);
        }
        let id = &self.client_id;
        diesel::delete(client_scope::table.filter(client_scope::client_id.eq(id)))
            .execute(connection)?;
        diesel::delete(client_role::table.filter(client_role::client_id.eq(id)))
            .execute(connection)?;
        self.insert_grants(connection)?;
        Ok(true)
    }

    /// Makes the client what `self` says, where it still is what was `seen` of it; false where somebody
    /// else was faster. Status and time of registration stay.
    pub(crate) fn change(&self, connection: &mut AnyConnection, seen: &Self) -> QueryResult<bool> {
        let row = client::table.find(&self.client_id);
        // Whoever writes the row first keeps others waiting here until it is committed.
        diesel::update(row).set(client::status.eq(client::status)).execute(connection)?;
        if Self::find(connection, &self.client_id)?.as_ref() != Some(seen) {
            return Ok(false);
        }
        self.replace(connection)?;
        diesel::update(row)
            .set((
                client::assertion_lifetime_cap_seconds.eq(self.assertion_lifetime_cap_seconds),
                client::allow_audience_array.eq(self.allow_audience_array),
                client::client_secret_hash.eq(self.client_secret_hash.as_deref()),
                client::resource_server.eq(self.resource_server),
            ))
            .execute(connection)?;
        Ok(true)
    }

    /// Sets the client's status; false where it has it already, or there is no such client.
    pub(crate) fn set_status(
        connection: &mut AnyConnection,
        id: &str,
        status: ClientStatus,
    ) -> QueryResult<bool> {
        diesel::update(client::table.find(id).filter(client::status.ne(status.as_str())))
            .set(client::status.eq(status.as_str()))
            .execute(connection)
            .map(|rows| rows == 1)
    }

    /// Deletes the client; false where there is none.
    pub(crate) fn delete(connection: &mut AnyConnection, id: &str) -> QueryResult<bool> {
        diesel::delete(client::table.find(id)).execute(connection).map(|rows| rows == 1)
    }

    fn insert_grants(&self, connection: &mut AnyConnection) -> QueryResult<()> {
        for scope in &self.scopes {
            diesel::insert_into(client_scope::table)
                .values((
                    client_scope::client_id.eq(&self.client_id),
                    client_scope::scope.eq(scope),
                ))
                .execute(connection)?;
        }
        for role in &self.roles {
            diesel::insert_into(client_role::table)
                .values((client_role::client_id.eq(&self.client_id), client_role::role.eq(role)))
                .execute(connection)?;
        }
        Ok(())
    }

    fn with_grants(connection: &mut AnyConnection, row: ClientRow) -> QueryResult<Self> {
        let scopes = client_scope::table
            .filter(client_scope::client_id.eq(&row.client_id))
            .order(client_scope::scope)
            .select(client_scope::scope)
            .load(connection)?;
        let roles = client_role::table
            .filter(client_role::client_id.eq(&row.client_id))
            .order(client_role::role)
            .select(client_role::role)
            .load(connection)?;
        Ok(Self {
            client_id: row.client_id,
            status: ClientStatus::from_column(&row.status),
            software_id: row.software_id,
            organisation_id: row.organisation_id,
            roles,
            scopes,
            token_endpoint_auth_signing_alg: row.token_endpoint_auth_signing_alg,
            tls_client_auth_subject_dn: row.tls_client_auth_subject_dn,
            jwks: row.jwks,
            assertion_lifetime_cap_seconds: row.assertion_lifetime_cap_seconds,
            allow_audience_array: row.allow_audience_array,
            created_at: row.created_at,
            token_endpoint_auth_method: row.token_endpoint_auth_method,
            jwks_uri: row.jwks_uri,
            client_secret_hash: row.client_secret_hash,
            resource_server: row.resource_server,
        })
    }

    fn row(&self) -> ClientRow {
        ClientRow {
            client_id: self.client_id.clone(),
            status: self.status.as_str().to_owned(),
            software_id: self.software_id.clone(),
            organisation_id: self.organisation_id.clone(),
            token_endpoint_auth_signing_alg: self.token_endpoint_auth_signing_alg.clone(),
            tls_client_auth_subject_dn: self.tls_client_auth_subject_dn.clone(),
            jwks: self.jwks.clone(),
            assertion_lifetime_cap_seconds: self.assertion_lifetime_cap_seconds,
            allow_audience_array: self.allow_audience_array,
            created_at: self.created_at,
            token_endpoint_auth_method: self.token_endpoint_auth_method.clone(),
            jwks_uri: self.jwks_uri.clone(),
            client_secret_hash: self.client_secret_hash.clone(),
            resource_server: self.resource_server,
        }
    }
}

impl ClientStatus {
    /// The word in the column and in answers.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// Anything but `active` disables: the column's check allows nothing else, and a word that a
    /// newer version may have written must not let a client in.
    pub(super) fn from_column(text: &str) -> Self {
        if text == Self::Active.as_str() { Self::Active } else { Self::Disabled }
    }
}
