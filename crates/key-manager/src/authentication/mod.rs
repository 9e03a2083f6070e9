//! Who the client is, for every endpoint that clients authenticate at.
//!
//! An endpoint asks for the [`TransportCertificate`] of the connection, reads the [`Credentials`] of
//! the request and gets an [`AuthenticatedClient`], a proof that its own steps take. What goes wrong
//! is an [`AuthenticationError`], the same on the wire at every endpoint.

mod assertion;
mod by_assertion;
mod by_certificate;
mod by_secret;
mod certificate;
mod client;
mod credentials;
mod decoy;
mod error;
mod limit;

pub(crate) use assertion::{ASSERTION_ALGORITHMS, AssertionRules};
pub(crate) use certificate::TransportCertificate;
pub(crate) use client::AuthenticatedClient;
pub(crate) use credentials::{Credentials, basic_pair};
pub(crate) use decoy::DecoyKeys;
pub(crate) use error::AuthenticationError;
