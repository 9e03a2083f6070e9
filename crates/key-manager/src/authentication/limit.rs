//! A step before authentication and a count after it: who fails again and again must wait.

use super::certificate::TransportCertificate;
use super::client::AuthenticatedClient;
use super::credentials::Credentials;
use super::error::AuthenticationError;
use crate::clients::ClientId;
use crate::key_manager::Server;
use service_kit::failure_limit::Suspect;
use std::net::SocketAddr;

impl Server {
    /// Authenticates the client behind `credentials` that came from `peer`, unless that address
    /// failed too often with this certificate and the client id that it claims. Only failures count;
    /// those of a stranger behind the same address have another certificate, and lock nobody out.
    pub(crate) async fn authenticate_from(
        &self,
        peer: Option<SocketAddr>,
        credentials: &Credentials<'_>,
        certificate: TransportCertificate,
    ) -> Result<AuthenticatedClient, AuthenticationError> {
        // A connection whose peer is gone has no address.
        let Some(peer) = peer else { return self.authenticate(credentials, certificate).await };
        let claimed = credentials.claimed().filter(|claimed| claimed.parse::<ClientId>().is_ok());
        let name = [certificate.get().x5t_s256(), " ", claimed.unwrap_or_default()].concat();
        let suspect = Suspect::new(peer.ip(), Some(&name));
        self.failure_limit.check(&suspect).map_err(|error| {
            let client_id = claimed.map(str::to_owned);
            AuthenticationError::TooManyFailures { client_id, error }
        })?;
        let outcome = self.authenticate(credentials, certificate).await;
        if let Err(AuthenticationError::Refused { .. }) = &outcome {
            self.failure_limit.count(&suspect);
        }
        outcome
    }
}
