//! Whether the token belongs to the connection's certificate (RFC 8705 §3).

use super::recognise::Recognised;
use super::trusted::trusted;
use crate::refusal::{CertificateFault, Refusal};
use service_kit::{ClientCertificate, PresentedCertificate};
use std::sync::Arc;

/// A recognised call over a connection with the trusted certificate that its token names.
#[derive(Debug)]
pub(crate) struct Bound<'c> {
    recognised: Recognised<'c>,
    certificate: Arc<ClientCertificate>,
}

/// Compares the token's thumbprint with the presented certificate's. A token without one is
/// refused too: whoever stole it could use it with any certificate.
pub(crate) fn bind<'c>(
    recognised: Recognised<'c>,
    presented: &PresentedCertificate,
) -> Result<Bound<'c>, Refusal> {
    let certificate = trusted(presented)?;
    let confirmation = recognised.token().confirmation().ok_or(CertificateFault::TokenUnbound)?;
    if confirmation != certificate.x5t_s256() {
        return Err(CertificateFault::NotTheTokens.into());
    }
    let certificate = Arc::clone(certificate);
    Ok(Bound { recognised, certificate })
}

impl<'c> Bound<'c> {
    /// The call of a client that is known.
    pub(crate) fn recognised(&self) -> &Recognised<'c> {
        &self.recognised
    }

    /// The certificate that the token is bound to.
    pub(crate) fn certificate(&self) -> &ClientCertificate {
        &self.certificate
    }
}
