//! What was measured.

use serde::Serialize;

/// The binary under test, which is also the one that measures.
#[derive(Clone, Debug, Serialize)]
pub struct Versions {
    /// Of Lombard.
    pub lombard: &'static str,
    /// Of OpenSSL.
    pub openssl: &'static str,
    /// `debug` or `release`.
    pub build: &'static str,
}

impl Versions {
    /// Those of this binary.
    pub fn current() -> Self {
        Self {
            lombard: env!("CARGO_PKG_VERSION"),
            openssl: jose::library_version(),
            build: if cfg!(debug_assertions) { "debug" } else { "release" },
        }
    }
}
