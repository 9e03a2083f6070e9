//! A certificate that somebody uploads to be trusted one by one: what it must be before it is kept.

use super::{anchors::unusable, chain::check_key};
use crate::client_certificate::{CertificateRejection, ClientCertificate, timestamp};
use crate::{DistinguishedName, trust_store::TrustStoreError};
use jiff::Timestamp;
use openssl::{error::ErrorStack, x509::X509};

/// A certificate that can be trusted one by one.
#[derive(Clone, Debug)]
pub struct UploadedCertificate {
    certificate: ClientCertificate,
    not_before: Timestamp,
}

/// Why a text cannot be trusted as a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// `notAfter` is over.
    #[error("has expired")]
    Expired,
    /// None, several, or something beside it, such as a private key.
    #[error("must be one certificate in PEM and nothing else")]
    NotOneCertificate,
    /// RSA below 2048 bits, or as weak.
    #[error("has a key that is too weak: RSA from 2048 bits, or an elliptic curve from 224")]
    Weak,
}

impl UploadedCertificate {
    /// Reads the only PEM block of `text`; a certificate that is not valid yet is one for later.
    pub fn from_pem(text: &str, now: Timestamp) -> Result<Self, UploadError> {
        let read = read_pem(text).and_then(|certificate| check(&certificate, now));
        // Whatever failed must not stay in this thread's error queue.
        drop(ErrorStack::get());
        read
    }

    /// Reads one that was kept, as DER.
    pub fn from_der(der: &[u8]) -> Result<Self, TrustStoreError> {
        let read = X509::from_der(der)
            .map_err(|error| unusable("the certificate", &error))
            .and_then(|certificate| {
                Self::of(&certificate).map_err(|_| TrustStoreError {
                    what: "the certificate".to_owned(),
                    reason: "it cannot be read".to_owned(),
                })
            });
        drop(ErrorStack::get());
        read
    }

    /// DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        self.certificate.der()
    }

    /// The subject.
    #[must_use]
    pub fn subject(&self) -> &DistinguishedName {
        self.certificate.subject()
    }

    /// base64url of its SHA-256 (RFC 8705 §3.1).
    #[must_use]
    pub fn x5t_s256(&self) -> &str {
        self.certificate.x5t_s256()
    }

    /// The beginning of its validity.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The end of its validity.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.certificate.not_after()
    }

    fn of(certificate: &X509) -> Result<Self, CertificateRejection> {
        Ok(Self {
            certificate: ClientCertificate::read(certificate)?,
            not_before: timestamp(certificate.not_before())?,
        })
    }
}

fn read_pem(text: &str) -> Result<X509, UploadError> {
    let text = text.trim();
    let blocks = text.matches("-----BEGIN ").count();
    if blocks != 1 || !text.starts_with(BEGIN) || !text.ends_with(END) {
        return Err(UploadError::NotOneCertificate);
    }
    X509::from_pem(text.as_bytes()).map_err(|_| UploadError::NotOneCertificate)
}

fn check(certificate: &X509, now: Timestamp) -> Result<UploadedCertificate, UploadError> {
    let uploaded =
        UploadedCertificate::of(certificate).map_err(|_| UploadError::NotOneCertificate)?;
    if now > uploaded.not_after() {
        return Err(UploadError::Expired);
    }
    check_key(certificate).map_err(|_| UploadError::Weak)?;
    Ok(uploaded)
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_exactly_one_certificate_is_refused() {
        let block = format!("{BEGIN}\nAAAA\n{END}\n");
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        for text in ["", "x", &block, &block.repeat(2), key, &format!("{block}{key}"), BEGIN, END] {
            let read = UploadedCertificate::from_pem(text, Timestamp::UNIX_EPOCH);
            assert_eq!(read.unwrap_err(), UploadError::NotOneCertificate, "{text:?}");
        }
    }
}
