//! The certificate a client presented, and what the trust store says of it.

mod attribute_types;
mod der;
mod distinguished_name;
pub mod header;
mod presented;

pub use distinguished_name::{DistinguishedName, InvalidDistinguishedName};
pub use presented::PresentedCertificate;

pub(crate) use presented::ConnectionCertificate;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use openssl::{
    asn1::{Asn1Time, Asn1TimeRef},
    error::ErrorStack,
    hash::MessageDigest,
    x509::X509Ref,
};

/// A client certificate that the trust store accepted. Only the listener makes one.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    der: Vec<u8>,
    x5t_s256: String,
    subject: DistinguishedName,
    uris: Vec<String>,
    not_after: Timestamp,
}

/// Why a presented certificate was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CertificateRejection {
    /// Its signature, or one above it, is wrong.
    BadSignature,
    /// Past `notAfter`.
    Expired,
    /// Before `notBefore`.
    NotYetValid,
    /// On the issuer's revocation list.
    Revoked,
    /// The issuer's revocation list is past its next update: nobody knows whether it is revoked.
    RevocationUnknown,
    /// No trusted issuer (self-signed ones included).
    UnknownIssuer,
    /// RSA below 2048 bits, or SHA-1.
    Weak,
    /// The extended key usage does not allow client authentication.
    WrongKeyUsage,
    /// Anything else OpenSSL objects to.
    Other,
}

impl ClientCertificate {
    /// DER of the leaf.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// base64url of the leaf's SHA-256 (RFC 8705 §3.1).
    #[must_use]
    pub fn x5t_s256(&self) -> &str {
        &self.x5t_s256
    }

    /// The subject.
    #[must_use]
    pub fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// URI subject alternative names.
    #[must_use]
    pub fn uris(&self) -> &[String] {
        &self.uris
    }

    /// The end of its validity.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Reads what handlers need, once per connection. The caller has verified `leaf`.
    pub(crate) fn read(leaf: &X509Ref) -> Result<Self, CertificateRejection> {
        let der = leaf.to_der()?;
        let digest = openssl::hash::hash(MessageDigest::sha256(), &der)?;
        let names = leaf.subject_alt_names();
        let uris = names.iter().flatten().filter_map(|name| name.uri().map(str::to_owned));
        Ok(Self {
            x5t_s256: URL_SAFE_NO_PAD.encode(digest),
            subject: DistinguishedName::of(leaf.subject_name())
                .ok_or(CertificateRejection::Other)?,
            uris: uris.collect(),
            not_after: timestamp(leaf.not_after())?,
            der,
        })
    }
}

/// Unix time of an ASN.1 time.
pub(crate) fn timestamp(time: &Asn1TimeRef) -> Result<Timestamp, CertificateRejection> {
    let since_epoch = Asn1Time::from_unix(0)?.diff(time)?;
    let seconds = i64::from(since_epoch.days) * 86_400 + i64::from(since_epoch.secs);
    Timestamp::from_second(seconds).map_err(|_| CertificateRejection::Other)
}

/// OpenSSL failing on a certificate is a certificate that must not be relied on.
impl From<ErrorStack> for CertificateRejection {
    fn from(_: ErrorStack) -> Self {
        Self::Other
    }
}

impl CertificateRejection {
    /// The reason code in logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadSignature => "certificate_bad_signature",
            Self::Expired => "certificate_expired",
            Self::NotYetValid => "certificate_not_yet_valid",
            Self::Revoked => "certificate_revoked",
            Self::RevocationUnknown => "certificate_revocation_unknown",
            Self::UnknownIssuer => "certificate_unknown_issuer",
            Self::Weak => "certificate_weak",
            Self::WrongKeyUsage => "certificate_wrong_key_usage",
            Self::Other => "certificate_other",
        }
    }
}
