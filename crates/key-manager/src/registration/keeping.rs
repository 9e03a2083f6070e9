//! Registrations on disk: written once, read, replaced, deleted.

use super::CheckedRegistration;
use super::bearer::OwnClient;
use super::document::document;
use super::error::{RegisterError, invalid};
use super::metadata::Authentication;
use crate::clients::MethodName;
use crate::key_manager::Server;
use crate::presented_token::TokenRefusal;
use crate::store::{Change, ClientRecord, ClientStatus, RegistrationRecord, UsedAssertion};
use database::{AnyConnection, DatabaseError, UtcMicros};

/// A registration as it is kept.
#[derive(Debug)]
pub(super) struct Kept {
    /// Whose.
    pub(super) client_id: String,
    /// What is answered.
    pub(super) document: String,
}

/// How a unit of work ended.
#[derive(Clone, Copy)]
enum Outcome {
    Kept,
    Duplicate,
    Replay,
    Taken,
    Unknown,
}

impl Server {
    /// Makes the client, unless the request was used before or its software has one.
    pub(super) async fn keep_new(
        &self,
        checked: CheckedRegistration<'_>,
    ) -> Result<Kept, RegisterError> {
        let now = self.clock.now();
        let client_id = self.random.uuid_v4().simple().to_string();
        let (use_of_request, older) = (use_of(&checked), self.older_uses());
        let client = self.client_record(&client_id, &checked, now.into());
        let registration = RegistrationRecord {
            client_id: client_id.clone(),
            software_id: checked.statement.claims.software_id.clone(),
            software_issuer: checked.statement.issuer.name().to_owned(),
            document: document(&client_id, now.as_second(), &checked.metadata, &checked.statement),
            issued_at: now.as_second(),
            is_only_one: !self.config.registration.allow_several_clients,
        };
        let kept = Kept { client_id, document: registration.document.clone() };
        let now = UtcMicros::from(now);
        let outcome = self
            .database
            .write(move |connection| {
                if !use_of_request.record(connection, older, now)? {
                    return Ok(Outcome::Replay);
                }
                insert(connection, &client, &registration, now)
            })
            .await?;
        self.changes.announce();
        finish(outcome, kept)
    }

    /// What is kept of the client.
    pub(super) async fn kept(&self, own: &OwnClient) -> Result<Kept, RegisterError> {
        let client_id = own.id().as_str().to_owned();
        let id = client_id.clone();
        let record = self
            .database
            .read(move |connection| {
                Ok::<_, DatabaseError>(RegistrationRecord::find(connection, &id)?)
            })
            .await?;
        let document = record.ok_or(RegisterError::NotRegistered)?.document;
        Ok(Kept { client_id, document })
    }

    /// Replaces what is registered; id, software and time of issue stay.
    pub(super) async fn keep_update(
        &self,
        own: &OwnClient,
        checked: CheckedRegistration<'_>,
    ) -> Result<Kept, RegisterError> {
        let id = own.id().as_str().to_owned();
        let known = self.registration(&id).await?.ok_or(RegisterError::NotRegistered)?;
        let issuer = checked.statement.issuer.name();
        if !known.is_of(issuer, &checked.statement.claims.software_id) {
            return Err(invalid("software_id"));
        }
        let (use_of_request, older) = (use_of(&checked), self.older_uses());
        let keys_at = checked.statement.claims.software_jwks_endpoint.clone();
        let now = UtcMicros::from(self.clock.now());
        let client = self.client_record(&id, &checked, now);
        let document = document(&id, known.issued_at, &checked.metadata, &checked.statement);
        let registration = RegistrationRecord {
            document: document.clone(),
            software_issuer: issuer.to_owned(),
            ..known
        };
        let kept = Kept { client_id: id, document };
        let outcome = self
            .database
            .write(move |connection| {
                if !use_of_request.record(connection, older, now)? {
                    return Ok(Outcome::Replay);
                }
                replace(connection, &client, &registration, now)
            })
            .await?;
        self.clients.forget(own.id());
        // The keys may be others now; the next assertion is verified with what is published.
        self.remote_keys.forget(&keys_at);
        self.changes.announce();
        finish(outcome, kept)
    }

    /// Deletes the client; its tokens and assertions are refused from now on.
    pub(super) async fn forget_registration(&self, own: &OwnClient) -> Result<Kept, RegisterError> {
        let kept = self.kept(own).await?;
        let id = kept.client_id.clone();
        let now = UtcMicros::from(self.clock.now());
        let deleted = self
            .database
            .write(move |connection| {
                let deleted = ClientRecord::delete(connection, &id)?;
                if deleted {
                    Change::ClientDeleted(id.clone()).record(connection, now)?;
                }
                Ok::<_, DatabaseError>(deleted)
            })
            .await?;
        self.clients.forget(own.id());
        self.changes.announce();
        finish(if deleted { Outcome::Kept } else { Outcome::Unknown }, kept)
    }

    async fn registration(&self, id: &str) -> Result<Option<RegistrationRecord>, DatabaseError> {
        let id = id.to_owned();
        self.database.read(move |connection| Ok(RegistrationRecord::find(connection, &id)?)).await
    }

    fn client_record(
        &self,
        client_id: &str,
        checked: &CheckedRegistration<'_>,
        created_at: UtcMicros,
    ) -> ClientRecord {
        let (claims, metadata) = (&checked.statement.claims, &checked.metadata);
        let (method, algorithm, subject) = match &metadata.authentication {
            Authentication::PrivateKeyJwt { algorithm } => {
                (MethodName::PrivateKeyJwt, Some(algorithm.clone()), None)
            }
            Authentication::Certificate { subject } => {
                (MethodName::TlsClientAuth, None, Some(subject.clone()))
            }
        };
        let mut scopes = metadata.scopes.clone();
        scopes.extend(self.config.common_scopes.iter().cloned());
        scopes.sort_unstable();
        scopes.dedup();
        ClientRecord {
            client_id: client_id.to_owned(),
            status: ClientStatus::Active,
            software_id: Some(claims.software_id.clone()),
            organisation_id: Some(claims.org_id.clone()),
            roles: checked.statement.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            scopes,
            token_endpoint_auth_signing_alg: algorithm,
            tls_client_auth_subject_dn: subject,
            jwks: checked.keys.clone(),
            assertion_lifetime_cap_seconds: None,
            allow_audience_array: false,
            created_at,
            token_endpoint_auth_method: method.as_str().to_owned(),
            jwks_uri: Some(claims.software_jwks_endpoint.clone()),
            client_secret_hash: None,
            resource_server: false,
        }
    }
}

/// Ids of requests are kept apart from those of assertions: no client id has a colon.
fn use_of(checked: &CheckedRegistration<'_>) -> UsedAssertion {
    UsedAssertion::new(
        format!("registration:{}", checked.statement.claims.software_id),
        checked.jti.clone(),
        UtcMicros(checked.refused_from.saturating_mul(1_000_000)),
    )
}

fn insert(
    connection: &mut AnyConnection,
    client: &ClientRecord,
    registration: &RegistrationRecord,
    now: UtcMicros,
) -> Result<Outcome, DatabaseError> {
    if registration.is_only_one && registration.has_client(connection)? {
        return Ok(Outcome::Duplicate);
    }
    if !client.insert(connection)? {
        return Ok(Outcome::Taken);
    }
    if !registration.insert(connection)? {
        // Another replica was faster: its client stays, this one does not.
        ClientRecord::delete(connection, &client.client_id)?;
        return Ok(Outcome::Duplicate);
    }
    Change::ClientCreated(client.client_id.clone()).record(connection, now)?;
    Ok(Outcome::Kept)
}

fn replace(
    connection: &mut AnyConnection,
    client: &ClientRecord,
    registration: &RegistrationRecord,
    now: UtcMicros,
) -> Result<Outcome, DatabaseError> {
    if !client.replace(connection)? || !registration.replace(connection)? {
        return Ok(Outcome::Unknown);
    }
    Change::ClientChanged(client.client_id.clone()).record(connection, now)?;
    Ok(Outcome::Kept)
}

fn finish(outcome: Outcome, kept: Kept) -> Result<Kept, RegisterError> {
    match outcome {
        Outcome::Kept => Ok(kept),
        Outcome::Duplicate => Err(RegisterError::Duplicate),
        Outcome::Replay => Err(RegisterError::Replay),
        Outcome::Taken => Err(RegisterError::Internal("a drawn client id was taken".to_owned())),
        // Deleted while the call was under way.
        Outcome::Unknown => Err(TokenRefusal::Client.into()),
    }
}
