//! `tls_client_auth` and `self_signed_tls_client_auth` (RFC 8705 §2).

use super::certificate::TransportCertificate;
use super::client::{AuthenticatedClient, OwnCertificate};
use super::error::{AuthenticationError, AuthenticationFailure};
use crate::clients::{AuthenticationMethod, Client};
use crate::key_manager::Server;

impl Server {
    /// Authenticates the client whose certificate this is.
    pub(super) async fn by_certificate(
        &self,
        client_id: &str,
        certificate: TransportCertificate,
    ) -> Result<AuthenticatedClient, AuthenticationError> {
        let refused = |failure| AuthenticationError::refused(Some(client_id), failure);
        let client = self.active_client(client_id).await?.map_err(refused)?;
        let certificate = OwnCertificate::of(&client, certificate).map_err(refused)?;
        require_registered(&client, &certificate).map_err(refused)?;
        Ok(AuthenticatedClient::new(client, certificate))
    }
}

fn require_registered(
    client: &Client,
    certificate: &OwnCertificate,
) -> Result<(), AuthenticationFailure> {
    match &client.method {
        // Its owner is a subject, which was compared when the certificate became its own.
        AuthenticationMethod::TlsClientAuth => Ok(()),
        AuthenticationMethod::SelfSignedTlsClientAuth(registered)
            if registered.contain(certificate.x5t_s256()) =>
        {
            Ok(())
        }
        AuthenticationMethod::SelfSignedTlsClientAuth(_) => Err(AuthenticationFailure::Certificate),
        // To other clients it looks like a request without credentials.
        AuthenticationMethod::ClientSecret(_) | AuthenticationMethod::PrivateKeyJwt(_) => {
            Err(AuthenticationFailure::None)
        }
    }
}
