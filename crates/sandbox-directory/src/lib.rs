//! The sandbox directory: stands in for the Open Banking Directory where there is none.
//!
//! It issues transport and signing certificates from the sandbox's TPP authority, keeps organisations
//! with their software statements, signs software statement assertions (SSA), and publishes what
//! others verify with: JWK sets, a revocation list, the authorities. It also makes the material that
//! a tester needs in order to be refused: certificates and SSAs with a defect on purpose.
//!
//! The public documents are for everybody; changes are for the operator. Nothing here belongs into
//! production, where the role does not start.

mod body;
mod config;
mod directory;
mod documents;
mod error;
mod identifier;
mod issuing;
mod metrics;
mod operator;
mod organisations;
mod page;
mod paths;
mod psd2;
mod software;
mod ssa;
mod store;
mod text;

pub use config::Config;
pub use directory::{Dependencies, Directory, StartError};
pub use ssa::SsaKeyError;
pub use store::MIGRATIONS;
