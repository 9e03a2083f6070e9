//! Message signing (OBIE read/write profile): a detached JWS in `x-jws-signature` over the body as it was
//! received, and over the body of the answer.

mod config;
mod fault;
mod header;
mod signers;
mod verification;

pub(crate) use config::SignedResource;
pub use config::{InvalidMessageSigning, MessageSigningConfig};
pub(crate) use fault::SignatureFault;
pub(crate) use signers::Signers;
pub(crate) use verification::VerificationFailure;

/// The header of the signature.
pub(crate) const SIGNATURE_HEADER: &str = "x-jws-signature";
