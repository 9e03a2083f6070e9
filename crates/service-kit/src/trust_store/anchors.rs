//! What a trust store holds, parsed.

use super::{TrustAnchors, TrustStoreError, revocation::RevocationLists};
use openssl::{
    error::ErrorStack,
    x509::{
        X509, X509PurposeId,
        store::{X509Store, X509StoreBuilder},
        verify::{X509VerifyFlags, X509VerifyParam},
    },
};
use std::{collections::HashSet, sync::Arc};

/// Parsed trust anchors; cheap to clone.
#[derive(Clone)]
pub(super) struct Anchors {
    pub(super) generation: u64,
    /// Issuers, with everything that verification checks except the time.
    pub(super) issuers: Arc<X509Store>,
    /// DER of the certificates trusted one by one.
    pub(super) certificates: Arc<HashSet<Vec<u8>>>,
    /// DER of those trusted one by one that are replaced on their own.
    pub(super) uploaded: Arc<HashSet<Vec<u8>>>,
    pub(super) revocation_lists: Arc<RevocationLists>,
    /// The issuers again, who may sign revocation lists.
    signers: Arc<Vec<X509>>,
}

impl Anchors {
    pub(super) fn read(anchors: &TrustAnchors) -> Result<Self, TrustStoreError> {
        let read = Self::parse(anchors);
        // Whatever failed must not stay in this thread's error queue.
        drop(ErrorStack::get());
        read
    }

    /// These anchors in the place of `current`, with what `current` was given on its own.
    pub(super) fn succeeding(self, current: &Self) -> Self {
        let fetched = current.revocation_lists.fetched(&self.signers);
        drop(ErrorStack::get());
        Self {
            generation: current.generation + 1,
            uploaded: Arc::clone(&current.uploaded),
            revocation_lists: Arc::new(self.revocation_lists.with_all(fetched)),
            ..self
        }
    }

    /// The same with other certificates uploaded.
    pub(super) fn with_uploaded(&self, uploaded: Arc<HashSet<Vec<u8>>>) -> Self {
        Self { generation: self.generation + 1, uploaded, ..self.clone() }
    }

    /// The same with the revocation list that was fetched from `source`.
    pub(super) fn with_list(&self, source: &str, list: &[u8]) -> Result<Self, TrustStoreError> {
        let lists = self.revocation_lists.with_fetched(source, list, &self.signers);
        drop(ErrorStack::get());
        let revocation_lists = Arc::new(lists?);
        Ok(Self { generation: self.generation + 1, revocation_lists, ..self.clone() })
    }

    fn parse(anchors: &TrustAnchors) -> Result<Self, TrustStoreError> {
        let issuers = parse_issuers(&anchors.issuers_pem)?;
        let revocation_lists = RevocationLists::read(&anchors.revocation_lists_pem, &issuers)?;
        Ok(Self {
            generation: 0,
            issuers: Arc::new(store(&issuers).map_err(|error| unusable("issuers", &error))?),
            certificates: Arc::new(parse_certificates(&anchors.certificates_pem)?),
            uploaded: Arc::default(),
            revocation_lists: Arc::new(revocation_lists),
            signers: Arc::new(issuers),
        })
    }
}

/// DER certificates as a set; each must be one.
pub(super) fn read_uploaded(certificates: &[Vec<u8>]) -> Result<HashSet<Vec<u8>>, TrustStoreError> {
    let read = |(index, der): (usize, &Vec<u8>)| {
        let what = || format!("uploaded certificate {}", index + 1);
        X509::from_der(der).map_err(|error| unusable(&what(), &error))?;
        Ok(der.clone())
    };
    let read = certificates.iter().enumerate().map(read).collect();
    drop(ErrorStack::get());
    read
}

fn parse_issuers(bundles: &[String]) -> Result<Vec<X509>, TrustStoreError> {
    let mut issuers = Vec::new();
    for (index, bundle) in bundles.iter().enumerate() {
        let what = format!("issuer bundle {}", index + 1);
        let certificates =
            X509::stack_from_pem(bundle.as_bytes()).map_err(|error| unusable(&what, &error))?;
        if certificates.is_empty() {
            return Err(TrustStoreError { what, reason: "no certificate in it".to_owned() });
        }
        issuers.extend(certificates);
    }
    Ok(issuers)
}

fn parse_certificates(
    certificates: &[(String, String)],
) -> Result<HashSet<Vec<u8>>, TrustStoreError> {
    certificates
        .iter()
        .map(|(alias, pem)| {
            X509::from_pem(pem.as_bytes())
                .and_then(|certificate| certificate.to_der())
                .map_err(|error| unusable(alias, &error))
        })
        .collect()
}

fn store(issuers: &[X509]) -> Result<X509Store, ErrorStack> {
    let mut builder = X509StoreBuilder::new()?;
    for issuer in issuers {
        builder.add_cert(issuer.clone())?;
    }
    let mut parameters = X509VerifyParam::new()?;
    // The clock that judges is ours, not the machine's: see `chain`.
    parameters.set_flags(X509VerifyFlags::NO_CHECK_TIME | X509VerifyFlags::TRUSTED_FIRST)?;
    parameters.set_purpose(X509PurposeId::SSL_CLIENT)?;
    // As TLS does by itself: no RSA below 2048 bits, no SHA-1. A verification of one's own has no
    // level unless it is given one.
    parameters.set_auth_level(2);
    parameters.set_depth(MAXIMUM_DEPTH);
    builder.set_param(&parameters)?;
    Ok(builder.build())
}

/// An error of OpenSSL in words, without the queue's file names and numbers.
pub(super) fn unusable(what: &str, error: &ErrorStack) -> TrustStoreError {
    let reason = error.errors().first().and_then(openssl::error::Error::reason);
    TrustStoreError { what: what.to_owned(), reason: reason.unwrap_or("not readable").to_owned() }
}

/// Intermediates between a leaf and a root; a client cannot make us build longer chains.
const MAXIMUM_DEPTH: i32 = 4;
