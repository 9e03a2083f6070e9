//! The key manager over real listeners, TLS and databases.
//!
//! Names that begin with `as_` carry the number of the requirement they show.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod assertions;
mod audit;
mod audited_refusals;
mod authentication;
mod certificates;
mod changes;
mod client_certificates;
mod client_status;
mod client_update;
mod clients;
mod documents;
mod event_doors;
mod failures;
mod introspection;
mod keys;
mod methods;
mod registration;
mod remote_keys;
mod replay;
mod requests;
mod revocation;
mod rotation;
mod start;
mod support;
mod tokens;
mod trusted_certificates;
