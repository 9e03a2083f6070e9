//! Secrets of clients (RFC 6749 §2.3.1): in sandboxes alone, and together with a certificate, to
//! which the token is bound.

use super::certificate::TransportCertificate;
use super::client::{AuthenticatedClient, OwnCertificate};
use super::error::{AuthenticationError, AuthenticationFailure};
use crate::clients::{AuthenticationMethod, SecretHash};
use crate::key_manager::Server;

impl Server {
    /// Authenticates the client whose secret this is. Where there is none to compare with, it is
    /// compared all the same.
    pub(super) async fn by_secret(
        &self,
        client_id: &str,
        secret: &str,
        certificate: TransportCertificate,
    ) -> Result<AuthenticatedClient, AuthenticationError> {
        let refused = |failure| AuthenticationError::refused(Some(client_id), failure);
        let client = self.active_client(client_id).await?;
        let decoy = SecretHash::of_nothing();
        let (hash, failure) = match client.as_ref().map(|client| &client.method) {
            Ok(AuthenticationMethod::ClientSecret(hash)) if self.allow_client_secrets => {
                (hash, AuthenticationFailure::Secret)
            }
            _ => (&decoy, AuthenticationFailure::Method),
        };
        let matches = hash.is_of(secret);
        let client = client.map_err(refused)?;
        if !matches {
            return Err(refused(failure));
        }
        let certificate = OwnCertificate::of(&client, certificate).map_err(refused)?;
        Ok(AuthenticatedClient::new(client, certificate))
    }
}
