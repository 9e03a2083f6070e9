//! Reading back from when to when a certificate is valid.

use crate::{IssueError, Validity};
use jiff::Timestamp;
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::x509::X509;

/// The validity of the first certificate in `pem`.
pub fn validity_of(pem: &str) -> Result<Validity, IssueError> {
    let certificate =
        X509::from_pem(pem.as_bytes()).map_err(|_| IssueError::Unreadable("certificate"))?;
    Ok(Validity {
        not_before: timestamp(certificate.not_before())?,
        not_after: timestamp(certificate.not_after())?,
    })
}

fn timestamp(time: &Asn1TimeRef) -> Result<Timestamp, IssueError> {
    let since_epoch = Asn1Time::from_unix(0)?.diff(time)?;
    let seconds = i64::from(since_epoch.days) * 86_400 + i64::from(since_epoch.secs);
    Timestamp::from_second(seconds).map_err(|_| IssueError::Unreadable("time of a certificate"))
}
