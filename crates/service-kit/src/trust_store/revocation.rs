//! Certificate revocation lists (RFC 5280 §5).

use super::{TrustStoreError, anchors::unusable};
use crate::client_certificate::{CertificateRejection, timestamp};
use jiff::Timestamp;
use openssl::{
    error::ErrorStack,
    pkey::{PKey, Public},
    x509::{CrlStatus, X509, X509Crl, X509Ref},
};
use std::cmp::Ordering;

/// The lists of all issuers that have one.
#[derive(Default)]
pub(super) struct RevocationLists {
    lists: Vec<RevocationList>,
}

/// A list whose signature has been checked.
struct RevocationList {
    list: X509Crl,
    issuer_key: PKey<Public>,
    next_update: Timestamp,
}

impl RevocationLists {
    /// Reads PEM lists; each must be signed by one of `issuers` and say when the next one is due.
    pub(super) fn read(bundles: &[String], issuers: &[X509]) -> Result<Self, TrustStoreError> {
        let mut lists = Vec::new();
        for (index, pem) in bundles.iter().enumerate() {
            let what = format!("revocation list {}", index + 1);
            let list =
                X509Crl::from_pem(pem.as_bytes()).map_err(|error| unusable(&what, &error))?;
            lists.push(
                RevocationList::read(list, issuers)
                    .map_err(|reason| TrustStoreError { what, reason: reason.to_owned() })?,
            );
        }
        Ok(Self { lists })
    }

    /// Checks one certificate against the lists of its issuer. Gives the time until which the answer
    /// holds; `None` where the issuer has no list.
    pub(super) fn check(
        &self,
        certificate: &X509Ref,
        issuer: &X509Ref,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, CertificateRejection> {
        if self.lists.is_empty() {
            return Ok(None);
        }
        let certificate = certificate.to_owned();
        let mut current_until = None;
        let mut has_list = false;
        for list in self.lists.iter().filter(|list| list.is_of(issuer).unwrap_or(false)) {
            has_list = true;
            // A certificate that was ever revoked stays so, however old the list.
            if let CrlStatus::Revoked(_) = list.list.get_by_cert(&certificate) {
                return Err(CertificateRejection::Revoked);
            }
            if now <= list.next_update {
                current_until = current_until.max(Some(list.next_update));
            }
        }
        if has_list && current_until.is_none() {
            return Err(CertificateRejection::RevocationUnknown);
        }
        Ok(current_until)
    }
}

impl RevocationList {
    fn read(list: X509Crl, issuers: &[X509]) -> Result<Self, &'static str> {
        let issuer_key = issuers
            .iter()
            .filter(|issuer| same_name(&list, issuer).unwrap_or(false))
            .filter_map(|issuer| issuer.public_key().ok())
            .find(|key| list.verify(key).unwrap_or(false))
            .ok_or("no configured issuer signed it")?;
        let next_update = list.next_update().ok_or("it has no next update")?;
        let next_update = timestamp(next_update).map_err(|_| "its next update is unreadable")?;
        Ok(Self { list, issuer_key, next_update })
    }

    fn is_of(&self, issuer: &X509Ref) -> Result<bool, ErrorStack> {
        Ok(same_name(&self.list, issuer)? && issuer.public_key()?.public_eq(&self.issuer_key))
    }
}

fn same_name(list: &X509Crl, issuer: &X509Ref) -> Result<bool, ErrorStack> {
    Ok(list.issuer_name().try_cmp(issuer.subject_name())? == Ordering::Equal)
}
