//! For tests only: clocks, seeded randomness, databases, listeners, logs, certificates good and bad.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "what tests use fails by panicking"
)]

mod clock;
mod connection;
mod database;
mod forgery;
mod listener;
mod log;
mod pki;
mod random;

pub use clock::TestClock;
pub use connection::{TestAnswer, TestConnection};
pub use database::{TestDatabase, run_test};
pub use forgery::{ForgedSignature, base64url, forged_jws, public_key_der, public_key_pem};
pub use listener::test_listener;
pub use log::TestLog;
pub use pki::{TestIdentity, TestPki};
pub use random::SeededRandom;
