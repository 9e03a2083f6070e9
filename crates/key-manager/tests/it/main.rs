//! The key manager over real listeners, TLS and databases.
//!
//! Names that begin with `as_` carry the number of the requirement they show.

mod assertions;
mod authentication;
mod certificates;
mod clients;
mod documents;
mod event_doors;
mod keys;
mod replay;
mod requests;
mod start;
mod support;
mod tokens;
