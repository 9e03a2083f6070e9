//! The keys that sign SETs: kept sealed, published before their first use, replaced in time.

mod publication;
mod ring;
mod rotation;
mod sealed;
mod set_key;
mod upkeep;

pub(crate) use publication::KeyPublisher;
pub(crate) use ring::{PublishedKey, SetKeys};
pub(crate) use rotation::{LONGEST_PUBLICATION, SHORTEST_PUBLICATION};
pub use rotation::{create_signing_key, ensure_signing_key};
pub use sealed::SigningKeyError;
pub(crate) use set_key::SetKey;
