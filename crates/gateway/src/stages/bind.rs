//! Whether the token belongs to the connection's certificate (RFC 8705 §3).

use super::authenticate::Authenticated;
use crate::refusal::{CertificateFault, Refusal};
use service_kit::PresentedCertificate;

/// An authenticated call over a connection with the trusted certificate that its token names.
#[derive(Debug)]
pub(crate) struct Bound<'c> {
    authenticated: Authenticated<'c>,
}

/// Compares the token's thumbprint with the presented certificate's. A token without one is
/// refused too: whoever stole it could use it with any certificate.
pub(crate) fn bind<'c>(
    authenticated: Authenticated<'c>,
    presented: &PresentedCertificate,
) -> Result<Bound<'c>, Refusal> {
    let certificate = match presented {
        PresentedCertificate::Missing => return Err(CertificateFault::Missing.into()),
        PresentedCertificate::Rejected(why) => return Err(CertificateFault::Rejected(*why).into()),
        PresentedCertificate::Trusted(certificate) => certificate,
    };
    let confirmation =
        authenticated.token().confirmation().ok_or(CertificateFault::TokenUnbound)?;
    if confirmation != certificate.x5t_s256() {
        return Err(CertificateFault::NotTheTokens.into());
    }
    Ok(Bound { authenticated })
}

impl<'c> Bound<'c> {
    /// The authenticated call.
    pub(crate) fn authenticated(&self) -> &Authenticated<'c> {
        &self.authenticated
    }
}
