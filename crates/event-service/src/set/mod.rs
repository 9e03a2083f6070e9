//! Security event tokens (RFC 8417): their content by profile, signed once off the async threads.

mod profile;
mod signer;

pub(crate) use profile::{SetContent, SignableProfile};
pub use profile::{SetProfile, UnsupportedProfile};
pub(crate) use signer::SetSigner;
