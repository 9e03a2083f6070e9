//! Certificate revocation lists (RFC 5280 §5).

use crate::validity::asn1_time;
use crate::{CertificateAuthority, IssueError, der};
use jiff::Timestamp;
use openssl::asn1::Asn1Integer;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::x509::{X509CrlBuilder, X509RevokedBuilder};

/// A certificate that must not be relied on any more.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RevokedCertificate {
    /// Its serial number, hexadecimal.
    pub serial: String,
    /// Since when.
    pub revoked_at: Timestamp,
}

/// What a revocation list says beside whom it revokes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationListTerms {
    /// When it was made.
    pub this_update: Timestamp,
    /// Until when it may be relied on.
    pub next_update: Timestamp,
    /// Its number: greater than that of every earlier list.
    pub number: u64,
}

impl CertificateAuthority {
    /// A list of `revoked` signed by this authority, DER.
    pub fn revocation_list(
        &self,
        revoked: &[RevokedCertificate],
        terms: &RevocationListTerms,
    ) -> Result<Vec<u8>, IssueError> {
        let mut list = X509CrlBuilder::new()?;
        list.set_issuer_name(self.certificate().subject_name())?;
        list.set_last_update(&*asn1_time(terms.this_update)?)?;
        list.set_next_update(&*asn1_time(terms.next_update)?)?;
        for certificate in revoked {
            let mut entry = X509RevokedBuilder::new()?;
            entry.set_serial_number(&*serial_number(&certificate.serial)?)?;
            entry.set_revocation_date(&*asn1_time(certificate.revoked_at)?)?;
            list.add_revoked(entry.build())?;
        }
        // The two extensions that every list must have (RFC 5280 §5.2).
        if let Some(key) = self.certificate().subject_key_id() {
            let above = der::sequence(&[der::context(0, key.as_slice())]);
            list.append_extension(der::extension(AUTHORITY_KEY_IDENTIFIER, &above)?)?;
        }
        list.append_extension(der::extension(CRL_NUMBER, &der::integer(terms.number))?)?;
        list.sort()?;
        list.sign(&self.key().key, MessageDigest::sha256())?;
        Ok(list.build()?.to_der()?)
    }
}

fn serial_number(hexadecimal: &str) -> Result<Asn1Integer, IssueError> {
    let number = BigNum::from_hex_str(hexadecimal);
    Ok(number.map_err(|_| IssueError::Unreadable("serial number"))?.to_asn1_integer()?)
}

const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
const CRL_NUMBER: &str = "2.5.29.20";
