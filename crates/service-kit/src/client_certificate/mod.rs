//! The certificate a client presented, and what the trust store says of it.

mod distinguished_name;

pub use distinguished_name::{DistinguishedName, InvalidDistinguishedName};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use jiff::Timestamp;
use std::sync::Arc;

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
    /// No trusted issuer (self-signed ones included).
    UnknownIssuer,
    /// RSA below 2048 bits, or SHA-1.
    Weak,
    /// The extended key usage does not allow client authentication.
    WrongKeyUsage,
    /// Anything else OpenSSL objects to.
    Other,
}

/// What a connection brought in the way of a client certificate; an extractor that never fails.
#[derive(Clone, Debug)]
pub enum PresentedCertificate {
    /// None.
    Missing,
    /// One that must not be relied on.
    Rejected(CertificateRejection),
    /// One the listener's trust store accepts, now (validity is checked again at each request).
    Trusted(Arc<ClientCertificate>),
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
}

impl CertificateRejection {
    /// The reason code in logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadSignature => "bad_signature",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Revoked => "revoked",
            Self::UnknownIssuer => "unknown_issuer",
            Self::Weak => "weak",
            Self::WrongKeyUsage => "wrong_key_usage",
            Self::Other => "other",
        }
    }
}

impl FromRequest for PresentedCertificate {
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let _ = request;
        std::future::ready(Ok(Self::Missing))
    }
}
