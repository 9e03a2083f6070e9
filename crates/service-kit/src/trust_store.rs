//! Whom a listener trusts: issuers, and certificates trusted one by one.

use crate::client_certificate::{CertificateRejection, ClientCertificate};
use jiff::Timestamp;
use std::sync::Arc;

/// A set of trusted issuers and of individually trusted certificates, replaceable at run time.
///
/// An individually trusted certificate is trusted as exactly that certificate, never as an issuer;
/// its validity is checked, its extended key usage is not. Cheap to clone; clones share.
#[derive(Clone)]
pub struct TrustStore {}

/// PEM or DER that is not what a trust store holds.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {what}: {reason}")]
pub struct TrustStoreError {
    /// Which file or alias.
    pub what: String,
    /// Why.
    pub reason: String,
}

/// What a trust store holds.
#[derive(Clone, Debug, Default)]
pub struct TrustAnchors {
    /// PEM bundles of issuers: roots, and intermediates that clients may leave out.
    pub issuers_pem: Vec<String>,
    /// Certificates trusted one by one: alias and PEM.
    pub certificates_pem: Vec<(String, String)>,
    /// PEM revocation lists; with one for an issuer, its certificates are checked against it.
    pub revocation_lists_pem: Vec<String>,
}

impl TrustStore {
    /// A store of `anchors`.
    pub fn new(anchors: &TrustAnchors) -> Result<Self, TrustStoreError> {
        let _ = anchors;
        todo!()
    }

    /// Replaces what the store holds; connections made before are judged anew at their next request.
    pub fn replace(&self, anchors: &TrustAnchors) -> Result<(), TrustStoreError> {
        let _ = anchors;
        todo!()
    }

    /// Judges a leaf (DER) with the intermediates that came with it (DER), at `now`.
    pub fn verify(
        &self,
        leaf: &[u8],
        intermediates: &[Vec<u8>],
        now: Timestamp,
    ) -> Result<Arc<ClientCertificate>, CertificateRejection> {
        let _ = (leaf, intermediates, now);
        todo!()
    }
}

impl std::fmt::Debug for TrustStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TrustStore")
    }
}
