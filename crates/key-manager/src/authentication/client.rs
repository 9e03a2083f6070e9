//! Who the client is: `private_key_jwt` (RFC 7523 §2.2) over a certificate of its own.

use super::assertion::{UncheckedAssertion, VerifiedAssertion};
use super::certificate::TransportCertificate;
use super::credentials::Credentials;
use super::error::{AuthenticationError, AuthenticationFailure};
use crate::clients::{Client, ClientId};
use crate::key_manager::Server;
use crate::store::{ClientStatus, UsedAssertion, record};
use database::{DatabaseError, UtcMicros};
use jiff::Timestamp;
use std::sync::Arc;

/// Proof that a registered client presented its own certificate and an assertion that it signed and
/// that was not used before; that it was used now is on disk.
#[derive(Debug)]
pub(crate) struct AuthenticatedClient {
    client: Arc<Client>,
    certificate: OwnCertificate,
}

/// A certificate that belongs to the client.
#[derive(Debug)]
struct OwnCertificate(TransportCertificate);

impl AuthenticatedClient {
    /// The client.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// base64url of the SHA-256 of the certificate it presented.
    pub(crate) fn x5t_s256(&self) -> &str {
        self.certificate.0.get().x5t_s256()
    }
}

impl Server {
    /// Authenticates the client that presents `credentials`. The use of the assertion is recorded last, so that
    /// nobody but the client can use it up.
    pub(crate) async fn authenticate(
        &self,
        credentials: &Credentials<'_>,
        certificate: TransportCertificate,
    ) -> Result<AuthenticatedClient, AuthenticationError> {
        let now = self.clock.now();
        let assertion = credentials
            .assertion()
            .and_then(UncheckedAssertion::parse)
            .map_err(|failure| AuthenticationError::refused(credentials.client_id(), failure))?;
        let claimed = credentials.client_id().unwrap_or(assertion.subject()).to_owned();
        let refused = |failure| AuthenticationError::refused(Some(&claimed), failure);

        let client = self.registered(&claimed).await?;
        let assertion = assertion
            .check(&client, &self.assertion_rules, now)
            .and_then(|assertion| assertion.verify(&client))
            .map_err(refused)?;
        let certificate = OwnCertificate::of(&client, certificate).map_err(refused)?;
        if !self.is_first_use(&client, assertion, now).await? {
            return Err(refused(AuthenticationFailure::Replay));
        }
        Ok(AuthenticatedClient { client, certificate })
    }

    async fn registered(&self, claimed: &str) -> Result<Arc<Client>, AuthenticationError> {
        let refused = |failure| AuthenticationError::refused(Some(claimed), failure);
        let unknown = || refused(AuthenticationFailure::ClientUnknown);
        let id = claimed.parse::<ClientId>().map_err(|_| unknown())?;
        let client = self.clients.find(&id).await?.ok_or_else(unknown)?;
        match client.status {
            ClientStatus::Active => Ok(client),
            ClientStatus::Disabled => Err(refused(AuthenticationFailure::ClientDisabled)),
        }
    }

    /// Records the use durably; false where the assertion was used before, here or on any replica.
    async fn is_first_use(
        &self,
        client: &Client,
        assertion: VerifiedAssertion,
        now: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let used = UsedAssertion {
            client_id: client.id.as_str().to_owned(),
            jti: assertion.jti.into_bytes(),
            expires_at: UtcMicros(assertion.refused_from.saturating_mul(1_000_000)),
        };
        let now = UtcMicros::from(now);
        self.database.write_batched(move |connection| Ok(record(connection, &used, now)?)).await
    }
}

impl OwnCertificate {
    fn of(
        client: &Client,
        certificate: TransportCertificate,
    ) -> Result<Self, AuthenticationFailure> {
        if client.certificate_owner.owns(certificate.get().subject()) {
            Ok(Self(certificate))
        } else {
            Err(AuthenticationFailure::Certificate)
        }
    }
}
