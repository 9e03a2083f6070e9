//! Whose certificate a call brings where the operation asks for no token.

use super::route::{Call, CertificateCall};
use super::trusted::trusted;
use crate::refusal::Refusal;
use service_kit::{ClientCertificate, PresentedCertificate};
use std::sync::Arc;

/// A call of an operation that asks for a trusted certificate, over a connection that has one.
/// Whose it is, the upstream finds out.
#[derive(Debug)]
pub(crate) struct Certified<'c> {
    routed: CertificateCall<'c>,
    certificate: Arc<ClientCertificate>,
}

/// Requires the trusted certificate; a token would prove nothing more, and is not looked at.
pub(crate) fn certify<'c>(
    routed: CertificateCall<'c>,
    presented: &PresentedCertificate,
) -> Result<Certified<'c>, Refusal> {
    let certificate = Arc::clone(trusted(presented)?);
    Ok(Certified { routed, certificate })
}

impl<'c> Certified<'c> {
    /// The call.
    pub(crate) fn call(&self) -> &Call<'c> {
        self.routed.call()
    }

    /// The certificate.
    pub(crate) fn certificate(&self) -> &ClientCertificate {
        &self.certificate
    }
}
