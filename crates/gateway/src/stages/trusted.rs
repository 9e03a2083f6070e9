//! What the listener's verdict on a certificate means to a call.

use crate::refusal::CertificateFault;
use service_kit::{ClientCertificate, PresentedCertificate};
use std::sync::Arc;

/// The certificate, where the trust store accepts it now.
pub(super) fn trusted(
    presented: &PresentedCertificate,
) -> Result<&Arc<ClientCertificate>, CertificateFault> {
    match presented {
        PresentedCertificate::Missing => Err(CertificateFault::Missing),
        PresentedCertificate::Rejected(why) => Err(CertificateFault::Rejected(*why)),
        PresentedCertificate::Trusted(certificate) => Ok(certificate),
    }
}
