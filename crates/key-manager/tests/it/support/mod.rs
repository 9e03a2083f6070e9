//! What the tests share: certificates, servers, TPPs, assertions.

mod answer;
mod assertion;
mod directory;
mod key_server;
pub mod pki;
mod server;
mod software;
mod tpp;

pub use answer::Answer;
pub use assertion::Assertion;
pub use directory::{ISSUER_KEYS, TestDirectory, sign};
pub use key_server::{KeyAnswer, KeyServer};
pub use pki::Pki;
pub use server::{Setup, TestServer};
pub use software::{JWT, Request, Software};
pub use tpp::Tpp;

/// The issuer of every test server: the public address differs from the bound one.
pub const ISSUER: &str = "https://localhost:9446/oauth2/token";
