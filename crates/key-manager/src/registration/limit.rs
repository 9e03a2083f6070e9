//! Whoever is refused again and again must wait: an attempt may cost the directory two requests.

use super::door::TransportCertificate;
use super::error::RegisterError;
use crate::key_manager::Server;
use actix_web::HttpRequest;
use service_kit::failure_limit::Suspect;

impl Server {
    /// Makes `call` for the holder of `certificate`, unless that was refused too often from the
    /// address of `request`; a refusal counts. At the gateway's door all have the gateway's address,
    /// and the certificate tells them apart.
    pub(super) async fn unless_suspect<T>(
        &self,
        request: &HttpRequest,
        certificate: &TransportCertificate,
        call: impl Future<Output = Result<T, RegisterError>>,
    ) -> Result<T, RegisterError> {
        // A connection whose peer is gone has no address.
        let Some(peer) = request.peer_addr() else { return call.await };
        let suspect = Suspect::new(peer.ip(), Some(certificate.get().x5t_s256()));
        self.failure_limit.check(&suspect).map_err(RegisterError::TooManyFailures)?;
        let outcome = call.await;
        if outcome.as_ref().is_err_and(RegisterError::is_the_callers) {
            self.failure_limit.count(&suspect);
        }
        outcome
    }
}
