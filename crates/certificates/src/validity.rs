//! From when to when a certificate is valid, in OpenSSL's terms and back.

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

/// `moment` as a certificate writes it: whole seconds and a year of four digits (RFC 5280
/// §4.1.2.5.2), which OpenSSL does not check.
pub(crate) fn asn1_time(moment: Timestamp) -> Result<Asn1Time, IssueError> {
    let second = moment.as_second();
    if !(YEAR_0..YEAR_10000).contains(&second) {
        return Err(IssueError::Unrepresentable("time"));
    }
    Ok(Asn1Time::from_unix(second)?)
}

fn timestamp(time: &Asn1TimeRef) -> Result<Timestamp, IssueError> {
    let since_epoch = Asn1Time::from_unix(0)?.diff(time)?;
    let seconds = i64::from(since_epoch.days) * 86_400 + i64::from(since_epoch.secs);
    Timestamp::from_second(seconds).map_err(|_| IssueError::Unreadable("time of a certificate"))
}

const YEAR_0: i64 = -62_167_219_200;
const YEAR_10000: i64 = 253_402_300_800;
