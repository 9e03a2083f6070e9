//! The transport certificate of a request.

use super::error::AuthenticationError;
use service_kit::{ClientCertificate, PresentedCertificate};
use std::sync::Arc;

/// Proof that the request came over a connection with a certificate that the TPP trust store accepts.
#[derive(Debug)]
pub(crate) struct TransportCertificate(Arc<ClientCertificate>);

impl TransportCertificate {
    /// Refuses a missing or unacceptable certificate, before anything is looked up.
    pub(crate) fn require(presented: PresentedCertificate) -> Result<Self, AuthenticationError> {
        match presented {
            PresentedCertificate::Missing => Err(AuthenticationError::CertificateMissing),
            PresentedCertificate::Rejected(rejection) => {
                Err(AuthenticationError::CertificateRejected(rejection))
            }
            PresentedCertificate::Trusted(certificate) => Ok(Self(certificate)),
        }
    }

    /// The certificate.
    pub(super) fn get(&self) -> &ClientCertificate {
        &self.0
    }
}
