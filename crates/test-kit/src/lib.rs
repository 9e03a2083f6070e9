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
mod inspection;
mod listener;
mod log;
mod pki;
mod random;
mod signing_request;

pub use clock::TestClock;
pub use connection::{TestAnswer, TestConnection};
pub use database::{PostgresServer, PostgresStop, TestDatabase, run_test};
pub use forgery::{ForgedSignature, base64url, forged_jws, public_key_der, public_key_pem};
pub use inspection::{TestPurpose, certificate_text, revoked_serials, verify_chain};
pub use listener::test_listener;
pub use log::TestLog;
pub use pki::{TestIdentity, TestPki};
pub use random::SeededRandom;
pub use signing_request::{
    signing_request_p384, signing_request_rsa, signing_request_with_wrong_signature,
};
