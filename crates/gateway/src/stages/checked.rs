//! A call that may be passed on.

use super::certify::Certified;
use super::route::Call;
use super::scope::Allowed;
use service_kit::ClientCertificate;

/// A call that passed every check that its operation asks for.
#[derive(Debug)]
pub(crate) enum Checked<'c> {
    /// Those of a token.
    Allowed(Allowed<'c>),
    /// That of a certificate.
    Certified(Certified<'c>),
}

impl<'c> Checked<'c> {
    /// The call.
    pub(crate) fn call(&self) -> &Call<'c> {
        match self {
            Self::Allowed(allowed) => allowed.call(),
            Self::Certified(certified) => certified.call(),
        }
    }

    /// The trusted certificate of the connection.
    pub(crate) fn certificate(&self) -> &ClientCertificate {
        match self {
            Self::Allowed(allowed) => allowed.certificate(),
            Self::Certified(certified) => certified.certificate(),
        }
    }
}
