//! Verification of one certificate (RFC 5280 §6, with OpenSSL building the chain).

use super::{Verified, anchors::Anchors};
use crate::client_certificate::{CertificateRejection, ClientCertificate, timestamp};
use jiff::Timestamp;
use openssl::{
    stack::Stack,
    x509::{X509, X509Ref, X509StoreContext, X509VerifyResult},
};
use std::sync::Arc;

/// Judges `leaf` at `now`. The order of the checks is chain and purpose, then validity, then
/// revocation: an expired certificate of an unknown issuer is of an unknown issuer.
pub(super) fn verify(
    anchors: &Anchors,
    leaf: &[u8],
    intermediates: &[Vec<u8>],
    now: Timestamp,
) -> Result<Verified, CertificateRejection> {
    let certificate = X509::from_der(leaf)?;
    let certificates = if anchors.certificates.contains(leaf) || anchors.uploaded.contains(leaf) {
        check_key(&certificate)?;
        // Trusting it by name is no reason to overlook that its own issuer takes it back.
        anchors.revocation_lists.check_listed(&certificate)?;
        vec![certificate.clone()]
    } else {
        build_chain(anchors, &certificate, intermediates)?
    };
    let (not_before, not_after) = check_validity(&certificates, now)?;
    let revocation_known_until = check_revocation(anchors, &certificates, now)?;
    Ok(Verified {
        certificate: Arc::new(ClientCertificate::read(&certificate)?),
        not_before,
        not_after: revocation_known_until.map_or(not_after, |known| known.min(not_after)),
    })
}

/// The chain from `leaf` to a trusted root, with signatures, purpose and strength checked.
fn build_chain(
    anchors: &Anchors,
    leaf: &X509Ref,
    intermediates: &[Vec<u8>],
) -> Result<Vec<X509>, CertificateRejection> {
    let mut untrusted = Stack::new()?;
    for intermediate in intermediates {
        untrusted.push(X509::from_der(intermediate)?)?;
    }
    let mut context = X509StoreContext::new()?;
    context.init(&anchors.issuers, leaf, &untrusted, |context| {
        if !context.verify_cert()? {
            return Ok(Err(rejection(context.error())));
        }
        let chain = context.chain().map(|chain| chain.iter().map(ToOwned::to_owned).collect());
        Ok(chain.ok_or(CertificateRejection::Other))
    })?
}

/// What an individually trusted certificate must still be: its signature says nothing, its key does.
pub(super) fn check_key(certificate: &X509Ref) -> Result<(), CertificateRejection> {
    let key = certificate.public_key()?;
    if key.security_bits() < MINIMUM_SECURITY_BITS {
        return Err(CertificateRejection::Weak);
    }
    Ok(())
}

/// From when to when all of `certificates` are valid, which must include `now`.
fn check_validity(
    certificates: &[X509],
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), CertificateRejection> {
    let (mut not_before, mut not_after) = (Timestamp::MIN, Timestamp::MAX);
    for certificate in certificates {
        not_before = not_before.max(timestamp(certificate.not_before())?);
        not_after = not_after.min(timestamp(certificate.not_after())?);
    }
    if now < not_before {
        return Err(CertificateRejection::NotYetValid);
    }
    if now > not_after {
        return Err(CertificateRejection::Expired);
    }
    Ok((not_before, not_after))
}

/// Checks every certificate below the root; gives the time until which the answers hold.
fn check_revocation(
    anchors: &Anchors,
    certificates: &[X509],
    now: Timestamp,
) -> Result<Option<Timestamp>, CertificateRejection> {
    let mut known_until: Option<Timestamp> = None;
    for pair in certificates.windows(2) {
        if let Some(until) = anchors.revocation_lists.check(&pair[0], &pair[1], now)? {
            known_until = Some(known_until.map_or(until, |known| known.min(until)));
        }
    }
    Ok(known_until)
}

/// OpenSSL's first objection (`X509_V_ERR_*`) as a reason of ours.
fn rejection(result: X509VerifyResult) -> CertificateRejection {
    match result.as_raw() {
        // No issuer, or a self-signed leaf or root that is not configured.
        2 | 18 | 19 | 20 | 21 | 27 => CertificateRejection::UnknownIssuer,
        // Signatures that are undecodable or wrong.
        4 | 6 | 7 => CertificateRejection::BadSignature,
        // Invalid purpose.
        26 => CertificateRejection::WrongKeyUsage,
        // Key too small, issuer's key too small, digest too weak.
        66..=68 => CertificateRejection::Weak,
        _ => CertificateRejection::Other,
    }
}

/// RSA with 2048 bits.
const MINIMUM_SECURITY_BITS: u32 = 112;
