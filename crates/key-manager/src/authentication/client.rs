//! The client behind a request.

use super::certificate::TransportCertificate;
use super::credentials::Credentials;
use super::error::{AuthenticationError, AuthenticationFailure};
use crate::clients::{Client, ClientId};
use crate::key_manager::Server;
use crate::store::ClientStatus;
use std::sync::Arc;

/// Proof that a registered client presented its own certificate and the credentials of its method; a
/// single-use credential was not used before, and that it was used now is on disk.
#[derive(Debug)]
pub(crate) struct AuthenticatedClient {
    client: Arc<Client>,
    certificate: OwnCertificate,
}

/// A certificate that belongs to the client.
#[derive(Debug)]
pub(super) struct OwnCertificate(TransportCertificate);

impl AuthenticatedClient {
    /// The client.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// base64url of the SHA-256 of the certificate it presented.
    pub(crate) fn x5t_s256(&self) -> &str {
        self.certificate.x5t_s256()
    }

    /// The last step of every method.
    pub(super) fn new(client: Arc<Client>, certificate: OwnCertificate) -> Self {
        Self { client, certificate }
    }
}

impl OwnCertificate {
    /// Refuses the certificate of another TPP.
    pub(super) fn of(
        client: &Client,
        certificate: TransportCertificate,
    ) -> Result<Self, AuthenticationFailure> {
        if client.certificate_owner.owns(certificate.get().subject()) {
            Ok(Self(certificate))
        } else {
            Err(AuthenticationFailure::Certificate)
        }
    }

    /// base64url of its SHA-256.
    pub(super) fn x5t_s256(&self) -> &str {
        self.0.get().x5t_s256()
    }
}

impl Server {
    /// Authenticates the client that presents `credentials`, by the method that is registered for it
    /// and no other.
    pub(super) async fn authenticate(
        &self,
        credentials: &Credentials<'_>,
        certificate: TransportCertificate,
    ) -> Result<AuthenticatedClient, AuthenticationError> {
        match credentials {
            Credentials::Assertion { client_id, assertion } => {
                self.by_assertion(*client_id, assertion, certificate).await
            }
            Credentials::Certificate { client_id } => {
                self.by_certificate(client_id, certificate).await
            }
            Credentials::Secret { client_id, secret, by_basic } => {
                let outcome = self.by_secret(client_id, secret, certificate).await;
                if *by_basic {
                    outcome.map_err(AuthenticationError::with_challenge)
                } else {
                    outcome
                }
            }
        }
    }

    /// The active client of that id.
    pub(super) async fn active_client(
        &self,
        claimed: &str,
    ) -> Result<Result<Arc<Client>, AuthenticationFailure>, AuthenticationError> {
        let Ok(id) = claimed.parse::<ClientId>() else {
            return Ok(Err(AuthenticationFailure::ClientUnknown));
        };
        Ok(match self.clients.find(&id).await? {
            None => Err(AuthenticationFailure::ClientUnknown),
            Some(client) => match client.status {
                ClientStatus::Active => Ok(client),
                ClientStatus::Disabled => Err(AuthenticationFailure::ClientDisabled),
            },
        })
    }
}
