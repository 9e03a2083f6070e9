//! Black-box tests of the `lombard` binary over real HTTPS, on SQLite and PostgreSQL.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_input;
mod benchmarks;
mod directory;
mod documentation;
mod durability;
mod faults;
mod harness;
mod independence;
mod process;
mod refusals;
mod registration;
mod replicas;
mod rotation;
mod subscriptions;
mod third_party;
mod toolkit;
mod trust;
