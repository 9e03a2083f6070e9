//! What holds for every input of the readers that strangers reach.
//!
//! A target takes any bytes and panics where its reader panics, accepts what it must refuse, or
//! reads what is not there. `fuzz/` calls each of them from libFuzzer; the tests here call the same
//! functions with every seed of `fuzz/corpus/` and with mutations of them.

#![expect(clippy::missing_panics_doc, reason = "a panic is how a target reports")]

mod client_certificate_header;
mod compact_jws;
mod detached_jws;
mod distinguished_name;
mod form;
mod jwk_set;
mod poll_request;
mod registration;
mod request_path;
mod strict_json;

pub use client_certificate_header::client_certificate_header;
pub use compact_jws::compact_jws;
pub use detached_jws::detached_jws;
pub use distinguished_name::distinguished_name;
pub use form::form;
pub use jwk_set::jwk_set;
pub use poll_request::poll_request;
pub use registration::{registration_request, software_statement};
pub use request_path::request_path;
pub use strict_json::strict_json;
