//! Certificate authorities.

use crate::template::Template;
use crate::{
    KeyKind, LeafExtras, LeafProfile, PrivateKey, SigningRequest, Validity, leaf, subject,
};
use openssl::error::ErrorStack;
use openssl::x509::extension::{BasicConstraints, KeyUsage};
use openssl::x509::{X509, X509Ref};

/// Why a certificate could not be issued or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// A name or time that a certificate cannot hold.
    #[error("a certificate cannot hold this {0}")]
    Unrepresentable(&'static str),
    /// Not PEM, or not the expected object.
    #[error("unreadable {0}")]
    Unreadable(&'static str),
    /// OpenSSL failed.
    #[error("cryptographic library failure")]
    Crypto(#[from] ErrorStack),
}

/// A certificate authority: certificate and key, and the chain above it.
#[derive(Clone, Debug)]
pub struct CertificateAuthority {
    certificate: X509,
    certificate_pem: String,
    /// The certificates above, the nearest first.
    above: Vec<X509>,
    key: PrivateKey,
}

/// A certificate with its key.
#[derive(Clone, Debug)]
pub struct IssuedCertificate {
    /// The leaf, PEM.
    pub certificate_pem: String,
    /// The leaf followed by the intermediates, without the root, PEM.
    pub chain_pem: String,
    /// The leaf, DER.
    pub certificate_der: Vec<u8>,
    /// The key.
    pub key: PrivateKey,
}

/// A certificate over a key that stays with whoever asked for it.
#[derive(Clone, Debug)]
pub struct SignedCertificate {
    /// The leaf followed by the intermediates, without the root, PEM.
    pub chain_pem: String,
    /// The leaf, DER.
    pub certificate_der: Vec<u8>,
    /// Its serial number, lower-case hexadecimal.
    pub serial: String,
}

impl CertificateAuthority {
    /// A self-signed root named `common_name` (`O=OpenBanking, C=GB` beside it).
    pub fn new_root(
        common_name: &str,
        kind: KeyKind,
        validity: Validity,
    ) -> Result<Self, IssueError> {
        let key = PrivateKey::generate(kind)?;
        let root = authority_template(common_name, validity, None)?.sign_itself(&key)?;
        Self::new(root, vec![], key)
    }

    /// An issuing authority below this one.
    pub fn new_issuing(
        &self,
        common_name: &str,
        kind: KeyKind,
        validity: Validity,
    ) -> Result<Self, IssueError> {
        let key = PrivateKey::generate(kind)?;
        let template = authority_template(common_name, validity, Some(0))?;
        let issuing = template.sign(&key.key, &self.certificate, &self.key)?;
        let above = std::iter::once(&self.certificate).chain(&self.above).cloned().collect();
        Self::new(issuing, above, key)
    }

    /// Reads an authority back; `certificate_pem` holds its certificate, then those above it.
    pub fn from_pem(certificate_pem: &str, key_pem: &str) -> Result<Self, IssueError> {
        let mut chain = X509::stack_from_pem(certificate_pem.as_bytes())
            .map_err(|_| IssueError::Unreadable("authority certificate"))?
            .into_iter();
        let certificate = chain.next().ok_or(IssueError::Unreadable("authority certificate"))?;
        let (above, key) = (chain.collect::<Vec<_>>(), PrivateKey::from_pem(key_pem)?);
        if !certificate.public_key()?.public_eq(&key.key) {
            return Err(IssueError::Unreadable("authority: its key is another certificate's"));
        }
        if !is_chain(&certificate, &above)? {
            return Err(IssueError::Unreadable("authority: its chain is another certificate's"));
        }
        Self::new(certificate, above, key)
    }

    fn new(certificate: X509, above: Vec<X509>, key: PrivateKey) -> Result<Self, IssueError> {
        Ok(Self { certificate_pem: pem(&certificate)?, certificate, above, key })
    }

    /// The authority's own certificate, PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The authority's key.
    #[must_use]
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// Issues a leaf with a new key.
    pub fn issue(
        &self,
        profile: &LeafProfile,
        kind: KeyKind,
        validity: Validity,
    ) -> Result<IssuedCertificate, IssueError> {
        let template = leaf::template(profile, &LeafExtras::default(), validity)?;
        let key = PrivateKey::generate(kind)?;
        let certificate = template.sign(&key.key, &self.certificate, &self.key)?;
        Ok(IssuedCertificate {
            certificate_pem: pem(&certificate)?,
            chain_pem: self.chain_of(&certificate)?,
            certificate_der: certificate.to_der()?,
            key,
        })
    }

    /// Issues a leaf over the key of `request`.
    pub fn issue_for(
        &self,
        request: &SigningRequest,
        profile: &LeafProfile,
        extras: &LeafExtras,
        validity: Validity,
    ) -> Result<SignedCertificate, IssueError> {
        let template = leaf::template(profile, extras, validity)?;
        let certificate = template.sign(&request.key, &self.certificate, &self.key)?;
        Ok(SignedCertificate {
            chain_pem: self.chain_of(&certificate)?,
            certificate_der: certificate.to_der()?,
            serial: certificate.serial_number().to_bn()?.to_hex_str()?.to_ascii_lowercase(),
        })
    }

    pub(crate) fn certificate(&self) -> &X509Ref {
        &self.certificate
    }

    /// `leaf` and the authorities above it, PEM, but for the root.
    fn chain_of(&self, leaf: &X509Ref) -> Result<String, IssueError> {
        let mut chain = pem(leaf)?;
        for authority in std::iter::once(&self.certificate).chain(&self.above) {
            if !is_self_issued(authority)? {
                chain.push_str(&pem(authority)?);
            }
        }
        Ok(chain)
    }
}

fn authority_template(
    common_name: &str,
    validity: Validity,
    authorities_below: Option<u32>,
) -> Result<Template, IssueError> {
    let mut constraints = BasicConstraints::new();
    constraints.critical().ca();
    if let Some(count) = authorities_below {
        constraints.pathlen(count);
    }
    let key_usage = KeyUsage::new().critical().key_cert_sign().crl_sign().build()?;
    Ok(Template {
        subject: subject::authority(common_name)?,
        validity,
        extensions: vec![constraints.build()?, key_usage],
    })
}

/// Whether each certificate is signed by the next.
fn is_chain(first: &X509, above: &[X509]) -> Result<bool, ErrorStack> {
    let mut below = first;
    for certificate in above {
        if !below.verify(&*certificate.public_key()?)? {
            return Ok(false);
        }
        below = certificate;
    }
    Ok(true)
}

/// The first certificate in `pem`, DER.
pub fn leaf_der(pem: &str) -> Result<Vec<u8>, IssueError> {
    let leaf = X509::from_pem(pem.as_bytes()).map_err(|_| IssueError::Unreadable("certificate"))?;
    Ok(leaf.to_der()?)
}

fn is_self_issued(certificate: &X509Ref) -> Result<bool, ErrorStack> {
    let order = certificate.subject_name().try_cmp(certificate.issuer_name())?;
    Ok(order.is_eq())
}

fn pem(certificate: &X509Ref) -> Result<String, IssueError> {
    String::from_utf8(certificate.to_pem()?).map_err(|_| IssueError::Unreadable("certificate"))
}
