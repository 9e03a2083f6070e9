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
    pub(super) revocation_lists: Arc<RevocationLists>,
}

impl Anchors {
    pub(super) fn read(anchors: &TrustAnchors, generation: u64) -> Result<Self, TrustStoreError> {
        let read = Self::parse(anchors, generation);
        // Whatever failed must not stay in this thread's error queue.
        drop(ErrorStack::get());
        read
    }

    fn parse(anchors: &TrustAnchors, generation: u64) -> Result<Self, TrustStoreError> {
        let issuers = parse_issuers(&anchors.issuers_pem)?;
        let revocation_lists = RevocationLists::read(&anchors.revocation_lists_pem, &issuers)?;
        Ok(Self {
            generation,
            issuers: Arc::new(store(issuers).map_err(|error| unusable("issuers", &error))?),
            certificates: Arc::new(parse_certificates(&anchors.certificates_pem)?),
            revocation_lists: Arc::new(revocation_lists),
        })
    }
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

fn store(issuers: Vec<X509>) -> Result<X509Store, ErrorStack> {
    let mut builder = X509StoreBuilder::new()?;
    for issuer in issuers {
        builder.add_cert(issuer)?;
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
    TrustStoreError {
        what: what.to_owned(),
        reason: reason.unwrap_or("not readable as PEM").to_owned(),
    }
}

/// Intermediates between a leaf and a root; a client cannot make us build longer chains.
const MAXIMUM_DEPTH: i32 = 4;
