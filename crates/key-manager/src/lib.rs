//! The key manager: who the clients are, and the tokens they get.
//!
//! It serves `/oauth2/token` (client credentials, `private_key_jwt` over mutual TLS), the JWK set and
//! the discovery documents on the public `identity` listener, forwards the event-notification doors
//! that toolkit users expect on that host and port, and answers the other roles on an internal
//! listener. A token request walks through `authentication` and `token`, a registration through
//! `registration`: one file per step, each step returning the proof that the next one needs.

mod authentication;
mod changes;
mod clients;
mod config;
mod dependencies;
mod discovery;
mod event_doors;
mod form;
#[doc(hidden)]
pub mod fuzzing;
mod internal;
mod introspection;
mod key_manager;
mod keys;
mod not_found;
mod paths;
mod presented_token;
mod registration;
mod revocation;
mod roles;
mod store;
mod sweeper;
mod token;
mod trust;

pub use config::{AccessTokenProfile, Config, TokenSigningAlgorithm};
pub use dependencies::{Dependencies, TokenKeyMaker};
pub use internal::INTERNAL_ACCESS;
pub use key_manager::{KeyManager, StartError};
pub use keys::CreateKeyError;
pub use paths::REGISTRATION as REGISTRATION_PATH;
pub use registration::{RegistrationConfig, SsaIssuer};
pub use store::MIGRATIONS;
