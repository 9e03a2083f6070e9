//! Certificate revocation lists (RFC 5280 §5).

use super::{TrustStoreError, anchors::unusable};
use crate::client_certificate::{CertificateRejection, timestamp};
use jiff::Timestamp;
use openssl::{
    error::ErrorStack,
    pkey::{PKey, Public},
    x509::{CrlStatus, X509, X509Crl, X509Ref},
};
use std::{cmp::Ordering, collections::BTreeMap, sync::Arc};

/// The lists of all issuers that have one.
#[derive(Clone, Default)]
pub(super) struct RevocationLists {
    lists: Vec<Arc<RevocationList>>,
    /// By where each was fetched from.
    fetched: BTreeMap<String, Arc<RevocationList>>,
}

/// A list whose signature has been checked.
pub(super) struct RevocationList {
    list: X509Crl,
    issuer_key: PKey<Public>,
    this_update: Timestamp,
    next_update: Timestamp,
}

impl RevocationLists {
    /// Reads PEM lists of files; each must be signed by one of `issuers` and say when the next one is due.
    pub(super) fn read(bundles: &[String], issuers: &[X509]) -> Result<Self, TrustStoreError> {
        let mut lists = Vec::new();
        for (index, pem) in bundles.iter().enumerate() {
            let what = format!("revocation list {}", index + 1);
            let list =
                X509Crl::from_pem(pem.as_bytes()).map_err(|error| unusable(&what, &error))?;
            let list = RevocationList::read(list, issuers)
                .map_err(|reason| TrustStoreError { what, reason: reason.to_owned() })?;
            lists.push(Arc::new(list));
        }
        Ok(Self { lists, fetched: BTreeMap::new() })
    }

    /// The same with a list (DER, or PEM) fetched from `source`; as for files it must be signed by one
    /// of `issuers`. One older than the list in use is refused: it may have been kept to hide what was
    /// revoked since.
    pub(super) fn with_fetched(
        &self,
        source: &str,
        list: &[u8],
        issuers: &[X509],
    ) -> Result<Self, TrustStoreError> {
        let is_pem = list.starts_with(b"-----BEGIN");
        let read = if is_pem { X509Crl::from_pem(list) } else { X509Crl::from_der(list) };
        let refuse =
            |reason: &str| TrustStoreError { what: source.to_owned(), reason: reason.to_owned() };
        let list = RevocationList::read(read.map_err(|error| unusable(source, &error))?, issuers)
            .map_err(refuse)?;
        if self.fetched.get(source).is_some_and(|used| used.this_update > list.this_update) {
            return Err(refuse("it is older than the list in use"));
        }
        Ok(self.with_all([(source.to_owned(), Arc::new(list))]))
    }

    /// The same with these lists beside its own.
    pub(super) fn with_all(
        &self,
        fetched: impl IntoIterator<Item = (String, Arc<RevocationList>)>,
    ) -> Self {
        let mut lists = self.clone();
        lists.fetched.extend(fetched);
        lists
    }

    /// The fetched lists that one of `issuers` has signed.
    pub(super) fn fetched(&self, issuers: &[X509]) -> BTreeMap<String, Arc<RevocationList>> {
        let signed = |list: &RevocationList| {
            issuers.iter().any(|issuer| list.is_of(issuer).unwrap_or(false))
        };
        let fetched = self.fetched.iter().filter(|(_, list)| signed(list));
        fetched.map(|(source, list)| (source.clone(), Arc::clone(list))).collect()
    }

    /// When the list fetched from `source` is due again; `None` where there is none.
    pub(super) fn next_update(&self, source: &str) -> Option<Timestamp> {
        self.fetched.get(source).map(|list| list.next_update)
    }

    /// Checks a certificate whose issuer is not known to be one of ours: whether a list in its
    /// issuer's name holds it.
    pub(super) fn check_listed(&self, certificate: &X509Ref) -> Result<(), CertificateRejection> {
        let certificate = certificate.to_owned();
        let issuer = certificate.issuer_name();
        let in_name = |list: &RevocationList| {
            matches!(list.list.issuer_name().try_cmp(issuer), Ok(Ordering::Equal))
        };
        for list in self.all().filter(|list| in_name(list)) {
            if let CrlStatus::Revoked(_) = list.list.get_by_cert(&certificate) {
                return Err(CertificateRejection::Revoked);
            }
        }
        Ok(())
    }

    fn all(&self) -> impl Iterator<Item = &RevocationList> {
        self.lists.iter().chain(self.fetched.values()).map(Arc::as_ref)
    }

    /// Checks one certificate against the lists of its issuer. Gives the time until which the answer
    /// holds; `None` where the issuer has no list.
    pub(super) fn check(
        &self,
        certificate: &X509Ref,
        issuer: &X509Ref,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, CertificateRejection> {
        if self.all().next().is_none() {
            return Ok(None);
        }
        let certificate = certificate.to_owned();
        let mut current_until = None;
        let mut has_list = false;
        for list in self.all().filter(|list| list.is_of(issuer).unwrap_or(false)) {
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
        let this_update =
            timestamp(list.last_update()).map_err(|_| "its own time is unreadable")?;
        Ok(Self { list, issuer_key, this_update, next_update })
    }

    fn is_of(&self, issuer: &X509Ref) -> Result<bool, ErrorStack> {
        Ok(same_name(&self.list, issuer)? && issuer.public_key()?.public_eq(&self.issuer_key))
    }
}

fn same_name(list: &X509Crl, issuer: &X509Ref) -> Result<bool, ErrorStack> {
    Ok(list.issuer_name().try_cmp(issuer.subject_name())? == Ordering::Equal)
}
