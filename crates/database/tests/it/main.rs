//! What `database` promises to its users, on real databases.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod columns;
mod migrations;
mod notifications;
mod postgres;
#[cfg(unix)]
mod sqlite;
mod support;
mod units_of_work;
