//! Where certificates lie.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Certificates and trust anchors; paths are relative to the data directory.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Certificates {
    /// Certificates of the public listeners: RSA, ECDSA, or one of each.
    pub server: Vec<ServerCertificate>,
    /// Issuers of TPP certificates: roots, and intermediates that TPPs may leave out.
    pub tpp_issuers: Vec<PathBuf>,
    /// Revocation lists of those issuers.
    pub tpp_revocation_lists: Vec<PathBuf>,
    /// Where further revocation lists of those issuers are fetched from; a sandbox that serves the directory, or has its public URL, adds the directory's.
    pub tpp_revocation_urls: Vec<String>,
    /// How often they are fetched, in seconds.
    pub tpp_revocation_refresh_seconds: u32,
    /// Issuer of the service certificates of all roles.
    pub internal_ca: PathBuf,
    /// Directory of the service certificates `ROLE.crt` with `ROLE.key`, of the roles served here.
    pub internal: PathBuf,
}

/// A certificate with its key, PEM.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ServerCertificate {
    /// The chain, leaf first.
    pub certificate: PathBuf,
    /// The key, PKCS#8.
    pub key: PathBuf,
}

impl Default for Certificates {
    fn default() -> Self {
        Self {
            server: vec![
                ServerCertificate {
                    certificate: "certs/server.crt".into(),
                    key: "certs/server.key".into(),
                },
                ServerCertificate {
                    certificate: "certs/server-ecdsa.crt".into(),
                    key: "certs/server-ecdsa.key".into(),
                },
            ],
            tpp_issuers: vec!["certs/tpp/root.crt".into(), "certs/tpp/issuing.crt".into()],
            tpp_revocation_lists: Vec::new(),
            tpp_revocation_urls: Vec::new(),
            tpp_revocation_refresh_seconds: 60,
            internal_ca: "certs/internal/ca.crt".into(),
            internal: "certs/internal".into(),
        }
    }
}
