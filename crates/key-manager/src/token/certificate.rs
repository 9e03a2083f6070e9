//! The transport certificate of a token request.

use super::error::TokenError;
use service_kit::{ClientCertificate, PresentedCertificate};
use std::sync::Arc;

/// Proof that the request came over a connection with a certificate that the TPP trust store accepts.
#[derive(Debug)]
pub(super) struct TransportCertificate(Arc<ClientCertificate>);

impl TransportCertificate {
    /// Refuses a missing or unacceptable certificate, before anything is looked up.
    pub(super) fn require(presented: PresentedCertificate) -> Result<Self, TokenError> {
        match presented {
            PresentedCertificate::Missing => Err(TokenError::CertificateMissing),
            PresentedCertificate::Rejected(rejection) => {
                Err(TokenError::CertificateRejected(rejection))
            }
            PresentedCertificate::Trusted(certificate) => Ok(Self(certificate)),
        }
    }

    /// The certificate.
    pub(super) fn get(&self) -> &ClientCertificate {
        &self.0
    }
}
