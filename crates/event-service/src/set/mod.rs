//! Security event tokens (RFC 8417): their content by profile, signed once off the async threads.

mod claims;
mod fault;
mod header;
mod profile;
mod renewal;
mod signer;
mod terms;

pub(crate) use claims::SetContent;
pub(crate) use fault::{FaultName, FaultRefused, FaultyEvents, PermittedFault, SetFault};
pub(crate) use header::{OB_CRITICAL, OB_IAT, OB_ISS, OB_TAN};
pub use profile::SetProfile;
pub(crate) use profile::TransactionSource;
pub(crate) use renewal::Renewal;
pub(crate) use signer::{SetSigner, SignedSet, SigningError, SigningPlaces};
pub use terms::InvalidTerms;
pub(crate) use terms::SetTerms;
