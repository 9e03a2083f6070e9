//! A certificate before its signature.

use crate::validity::asn1_time;
use crate::{IssueError, PrivateKey, Validity};
use openssl::asn1::Asn1Integer;
use openssl::bn::{BigNum, MsbOption};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{HasPublic, PKeyRef};
use openssl::x509::extension::{AuthorityKeyIdentifier, SubjectKeyIdentifier};
use openssl::x509::{X509, X509Builder, X509Extension, X509Name, X509Ref};

/// Who the certificate names, for how long, and what it may be used for.
pub(crate) struct Template {
    pub(crate) subject: X509Name,
    pub(crate) validity: Validity,
    /// Extensions beside the key identifiers.
    pub(crate) extensions: Vec<X509Extension>,
}

impl Template {
    /// A certificate of `key` signed by itself.
    pub(crate) fn sign_itself(self, key: &PrivateKey) -> Result<X509, IssueError> {
        let mut builder = self.begin(&key.key)?;
        builder.set_issuer_name(&self.subject)?;
        self.finish(builder, None, key)
    }

    /// A certificate of `key` signed by the authority `issuer`.
    pub(crate) fn sign<K: HasPublic>(
        self,
        key: &PKeyRef<K>,
        issuer: &X509Ref,
        issuer_key: &PrivateKey,
    ) -> Result<X509, IssueError> {
        let mut builder = self.begin(key)?;
        builder.set_issuer_name(issuer.subject_name())?;
        self.finish(builder, Some(issuer), issuer_key)
    }

    fn begin<K: HasPublic>(&self, key: &PKeyRef<K>) -> Result<X509Builder, IssueError> {
        let mut builder = X509::builder()?;
        builder.set_version(VERSION_3)?;
        let serial = serial_number()?;
        builder.set_serial_number(&serial)?;
        let not_before = asn1_time(self.validity.not_before)?;
        let not_after = asn1_time(self.validity.not_after)?;
        builder.set_not_before(&not_before)?;
        builder.set_not_after(&not_after)?;
        builder.set_subject_name(&self.subject)?;
        builder.set_pubkey(key)?;
        Ok(builder)
    }

    fn finish(
        self,
        mut builder: X509Builder,
        issuer: Option<&X509Ref>,
        issuer_key: &PrivateKey,
    ) -> Result<X509, IssueError> {
        for extension in &self.extensions {
            builder.append_extension2(extension)?;
        }
        let own = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
        builder.append_extension2(&own)?;
        // A self-signed certificate leaves it out (RFC 5280 §4.2.1.1).
        if issuer.is_some() {
            let above = AuthorityKeyIdentifier::new()
                .keyid(true)
                .build(&builder.x509v3_context(issuer, None))?;
            builder.append_extension2(&above)?;
        }
        builder.sign(&issuer_key.key, MessageDigest::sha256())?;
        Ok(builder.build())
    }
}

/// Sixteen random octets, the first of them between 0x40 and 0x7f: positive and never shorter
/// (RFC 5280 §4.1.2.2), so that serial numbers need no register to be unique.
fn serial_number() -> Result<Asn1Integer, ErrorStack> {
    let mut number = BigNum::new()?;
    number.rand(127, MsbOption::ONE, false)?;
    number.to_asn1_integer()
}

/// Counted from zero (RFC 5280 §4.1.2.1).
const VERSION_3: i32 = 2;
