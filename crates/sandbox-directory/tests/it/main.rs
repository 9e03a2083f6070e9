//! The sandbox directory over a real listener, TLS and databases.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod certificates;
mod documents;
mod refusals;
mod ssa;
mod start;
mod support;
