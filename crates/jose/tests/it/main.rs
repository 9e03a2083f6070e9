//! The rules of RFC 7515, 7517, 7518 and 7638 as Lombard keeps them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod detached;
mod key_set;
mod keys;
mod properties;
mod signing;
mod vectors;
mod wycheproof;
