//! Whom a listener trusts: issuers, and certificates trusted one by one.

mod anchors;
mod chain;
mod revocation;
mod upload;

pub use upload::{UploadError, UploadedCertificate};

use crate::client_certificate::{CertificateRejection, ClientCertificate};
use anchors::Anchors;
use arc_swap::ArcSwap;
use jiff::Timestamp;
use std::sync::Arc;

/// A set of trusted issuers and of individually trusted certificates, replaceable at run time.
///
/// An individually trusted certificate is trusted as exactly that certificate, never as an issuer;
/// its validity is checked, its extended key usage is not. Cheap to clone; clones share.
#[derive(Clone)]
pub struct TrustStore {
    anchors: Arc<ArcSwap<Anchors>>,
}

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
    /// PEM revocation lists; with one for an issuer, its certificates are checked against it. Each
    /// must be signed by one of the issuers.
    pub revocation_lists_pem: Vec<String>,
}

/// A certificate that was accepted, and from when to when the acceptance holds without looking again.
#[derive(Clone, Debug)]
pub(crate) struct Verified {
    pub(crate) certificate: Arc<ClientCertificate>,
    /// When the last of the chain has become valid.
    not_before: Timestamp,
    /// When the first of the chain expires or a revocation list is due.
    not_after: Timestamp,
}

impl TrustStore {
    /// A store of `anchors`.
    pub fn new(anchors: &TrustAnchors) -> Result<Self, TrustStoreError> {
        Ok(Self { anchors: Arc::new(ArcSwap::from_pointee(Anchors::read(anchors)?)) })
    }

    /// Replaces what the store holds, but neither the uploaded certificates nor the fetched revocation
    /// lists; connections made before are judged anew at their next request. On an error the store
    /// keeps what it held.
    pub fn replace(&self, anchors: &TrustAnchors) -> Result<(), TrustStoreError> {
        let next = Anchors::read(anchors)?;
        self.anchors.rcu(|current| Arc::new(next.clone().succeeding(current)));
        Ok(())
    }

    /// Replaces the uploaded certificates (DER), trusted one by one beside those of the anchors, as a
    /// set. Connections made before are judged anew at their next request, resumed sessions too.
    pub fn replace_uploaded(&self, certificates: &[Vec<u8>]) -> Result<(), TrustStoreError> {
        let uploaded = Arc::new(anchors::read_uploaded(certificates)?);
        self.anchors.rcu(|current| {
            if current.uploaded == uploaded {
                return Arc::clone(current);
            }
            Arc::new(current.with_uploaded(Arc::clone(&uploaded)))
        });
        Ok(())
    }

    /// Takes in a revocation list (DER or PEM) that was fetched from `source`, in the place of the one
    /// from there before. An error leaves that in use: a signature of none of the issuers, no next
    /// update, or older than the one in use.
    pub fn replace_fetched_list(&self, source: &str, list: &[u8]) -> Result<(), TrustStoreError> {
        let mut outcome = Ok(());
        self.anchors.rcu(|current| match current.with_list(source, list) {
            Ok(next) => {
                outcome = Ok(());
                Arc::new(next)
            }
            Err(error) => {
                outcome = Err(error);
                Arc::clone(current)
            }
        });
        outcome
    }

    /// When the revocation list fetched from `source` is due again; `None` where none was taken in.
    #[must_use]
    pub fn fetched_list_due(&self, source: &str) -> Option<Timestamp> {
        self.anchors.load().revocation_lists.next_update(source)
    }

    /// Judges a leaf (DER) with the intermediates that came with it (DER), at `now`.
    pub fn verify(
        &self,
        leaf: &[u8],
        intermediates: &[Vec<u8>],
        now: Timestamp,
    ) -> Result<Arc<ClientCertificate>, CertificateRejection> {
        self.verify_chain(leaf, intermediates, now).map(|verified| verified.certificate)
    }

    /// Counts the replacements.
    pub(crate) fn generation(&self) -> u64 {
        self.anchors.load().generation
    }

    /// As [`verify`](Self::verify), telling also how long the verdict holds.
    pub(crate) fn verify_chain(
        &self,
        leaf: &[u8],
        intermediates: &[Vec<u8>],
        now: Timestamp,
    ) -> Result<Verified, CertificateRejection> {
        let verdict = chain::verify(&self.anchors.load(), leaf, intermediates, now);
        // OpenSSL leaves the reasons of a failed verification in this thread's error queue, where the
        // next `SSL_read` of any connection would take them for its own.
        drop(openssl::error::ErrorStack::get());
        verdict
    }
}

impl Verified {
    /// Whether nothing that was checked has become invalid by `now`.
    pub(crate) fn holds_at(&self, now: Timestamp) -> bool {
        (self.not_before..=self.not_after).contains(&now)
    }
}

impl std::fmt::Debug for TrustStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TrustStore")
    }
}
