//! Server-side TLS.

use crate::TrustStore;
use crate::access::AccessRule;

/// A certificate chain with its key, PEM.
#[derive(Clone)]
pub struct ServerIdentity {
    /// Leaf first.
    pub chain_pem: String,
    /// PKCS#8.
    pub key_pem: String,
}

/// How a listener speaks TLS: 1.2 and 1.3 only, ALPN `http/1.1`, a client certificate asked for.
#[derive(Clone, Debug)]
pub struct ServerTls {
    /// RSA and ECDSA side by side, one or both.
    pub identities: Vec<ServerIdentity>,
    /// Whose client certificates are trusted.
    pub trust: TrustStore,
    /// `None` on public listeners: handlers decide what a missing certificate means. On internal
    /// listeners the table that says which role may call what; all else is 403.
    pub access: Option<&'static [AccessRule]>,
}

/// Certificates or keys that OpenSSL does not take.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve TLS with {what}: {reason}")]
pub struct TlsError {
    /// Which file or option.
    pub what: String,
    /// Why.
    pub reason: String,
}

impl std::fmt::Debug for ServerIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerIdentity")
    }
}
