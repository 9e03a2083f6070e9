//! Certificates from OpenSSL's builders.

use super::TestIdentity;
use openssl::{
    asn1::{Asn1Integer, Asn1Object, Asn1OctetString, Asn1Time},
    bn::{BigNum, MsbOption},
    ec::{EcGroup, EcKey},
    error::ErrorStack,
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    rsa::Rsa,
    x509::{
        X509, X509Builder, X509Crl, X509CrlBuilder, X509Extension, X509Name, X509RevokedBuilder,
        extension::{
            AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage,
            SubjectAlternativeName, SubjectKeyIdentifier,
        },
    },
};

/// An authority, or whatever signs.
pub(super) struct Issuer {
    certificate: X509,
    key: PKey<Private>,
    /// Whether it stands between leaves and a root, and so belongs to their chains.
    is_intermediate: bool,
}

/// What a leaf is to say.
pub(super) struct Leaf {
    subject: Vec<(&'static str, String)>,
    dns: Vec<String>,
    addresses: Vec<&'static str>,
    uris: Vec<String>,
    for_servers: bool,
    for_clients: bool,
    key_identifiers: bool,
    not_before: String,
    not_after: String,
}

/// A leaf's key.
#[derive(Clone, Copy)]
pub(super) enum LeafKey {
    P256,
    Rsa(u32),
}

impl Issuer {
    pub(super) fn root(name: &str) -> Self {
        Self::make(name, None, true).expect("a root from constant input")
    }

    pub(super) fn issuing(&self, name: &str) -> Self {
        Self::make(name, Some(self), true).expect("an issuing authority from constant input")
    }

    pub(super) fn forged(name: &str) -> Self {
        Self::make(name, None, false).expect("a forged authority from constant input")
    }

    pub(super) fn self_signed(leaf: &Leaf) -> TestIdentity {
        let key = LeafKey::P256.generate();
        leaf.sign_by_itself(&key).expect("a leaf from constant input")
    }

    /// Whatever has a certificate and a key, used as an authority.
    pub(super) fn of_leaf(identity: &TestIdentity) -> Self {
        Self {
            certificate: X509::from_pem(identity.certificate_pem.as_bytes()).expect("our own PEM"),
            key: PKey::private_key_from_pem(identity.key_pem.as_bytes()).expect("our own PEM"),
            is_intermediate: true,
        }
    }

    pub(super) fn issue(&self, leaf: &Leaf, key: LeafKey) -> TestIdentity {
        let key = key.generate();
        let certificate = leaf.sign(&key, self).expect("a leaf from constant input");
        let above = if self.is_intermediate { self.pem() } else { String::new() };
        identity(&certificate, &key, &above)
    }

    pub(super) fn pem(&self) -> String {
        pem(self.certificate.to_pem())
    }

    pub(super) fn revocation_list(
        &self,
        revoked: &[&TestIdentity],
        this_update: &str,
        next_update: &str,
    ) -> String {
        let list =
            self.sign_list(revoked, this_update, next_update).expect("a list from constant input");
        pem(list.to_pem())
    }

    fn make(name: &str, parent: Option<&Self>, key_identifiers: bool) -> Result<Self, ErrorStack> {
        let key = LeafKey::P256.generate();
        let subject = x509_name(&[
            ("C", "GB".to_owned()),
            ("O", "OpenBanking".to_owned()),
            ("CN", name.to_owned()),
        ])?;
        let mut builder = start(&subject, &key, NOT_BEFORE, NOT_AFTER)?;
        builder
            .set_issuer_name(parent.map_or(&subject, |parent| parent.certificate.subject_name()))?;
        builder.append_extension(BasicConstraints::new().critical().ca().build()?)?;
        builder.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build()?)?;
        if key_identifiers {
            add_key_identifiers(&mut builder, parent.map(|parent| &parent.certificate))?;
        }
        builder.sign(parent.map_or(&key, |parent| &parent.key), MessageDigest::sha256())?;
        Ok(Self { certificate: builder.build(), key, is_intermediate: parent.is_some() })
    }

    fn sign_list(
        &self,
        revoked: &[&TestIdentity],
        this_update: &str,
        next_update: &str,
    ) -> Result<X509Crl, ErrorStack> {
        let mut list = X509CrlBuilder::new()?;
        list.set_issuer_name(self.certificate.subject_name())?;
        list.set_last_update(&*time(this_update)?)?;
        list.set_next_update(&*time(next_update)?)?;
        for identity in revoked {
            let certificate = X509::from_pem(identity.certificate_pem.as_bytes())?;
            let mut entry = X509RevokedBuilder::new()?;
            entry.set_serial_number(certificate.serial_number())?;
            entry.set_revocation_date(&*time(NOT_BEFORE)?)?;
            list.add_revoked(entry.build())?;
        }
        self.extend_list(&mut list)?;
        list.sort()?;
        list.sign(&self.key, MessageDigest::sha256())?;
        list.build()
    }
}

impl Issuer {
    /// The two extensions that every list must have (RFC 5280 §5.2), in DER.
    fn extend_list(&self, list: &mut X509CrlBuilder) -> Result<(), ErrorStack> {
        let key = self.certificate.subject_key_id().map_or(&[0; 20][..], |id| id.as_slice());
        let length = u8::try_from(key.len()).expect("a hash is short");
        let authority = [&[0x30, length + 2, 0x80, length], key].concat();
        for (oid, der) in [("2.5.29.35", &authority[..]), ("2.5.29.20", &[0x02, 1, 1])] {
            list.append_extension(X509Extension::new_from_der(
                &*Asn1Object::from_str(oid)?,
                false,
                &*Asn1OctetString::new_from_bytes(der)?,
            )?)?;
        }
        Ok(())
    }
}

impl Leaf {
    pub(super) fn server() -> Self {
        Self {
            dns: vec!["localhost".to_owned()],
            addresses: vec!["127.0.0.1", "::1"],
            for_clients: false,
            ..Self::named(vec![("CN", "localhost".to_owned())])
        }
    }

    pub(super) fn service(name: &str, uris: &[&str]) -> Self {
        Self {
            dns: vec![name.to_owned(), "localhost".to_owned()],
            uris: uris.iter().map(|uri| (*uri).to_owned()).collect(),
            ..Self::named(vec![("CN", name.to_owned())])
        }
    }

    pub(super) fn tpp(software_id: &str, organisation_id: &str) -> Self {
        Self::named(vec![
            ("C", "GB".to_owned()),
            ("O", "OpenBanking".to_owned()),
            ("OU", organisation_id.to_owned()),
            ("CN", software_id.to_owned()),
        ])
    }

    pub(super) fn valid(mut self, not_before: &str, not_after: &str) -> Self {
        not_before.clone_into(&mut self.not_before);
        not_after.clone_into(&mut self.not_after);
        self
    }

    pub(super) fn for_servers_only(mut self) -> Self {
        self.for_clients = false;
        self
    }

    pub(super) fn without_key_identifiers(mut self) -> Self {
        self.key_identifiers = false;
        self
    }

    fn named(subject: Vec<(&'static str, String)>) -> Self {
        Self {
            subject,
            dns: Vec::new(),
            addresses: Vec::new(),
            uris: Vec::new(),
            for_servers: true,
            for_clients: true,
            key_identifiers: true,
            not_before: NOT_BEFORE.to_owned(),
            not_after: NOT_AFTER.to_owned(),
        }
    }

    fn sign(&self, key: &PKey<Private>, issuer: &Issuer) -> Result<X509, ErrorStack> {
        let mut builder = self.start(key)?;
        builder.set_issuer_name(issuer.certificate.subject_name())?;
        self.extend(&mut builder, Some(&issuer.certificate))?;
        builder.sign(&issuer.key, MessageDigest::sha256())?;
        Ok(builder.build())
    }

    fn sign_by_itself(&self, key: &PKey<Private>) -> Result<TestIdentity, ErrorStack> {
        let mut builder = self.start(key)?;
        builder.set_issuer_name(&*x509_name(&self.subject)?)?;
        self.extend(&mut builder, None)?;
        builder.sign(key, MessageDigest::sha256())?;
        Ok(identity(&builder.build(), key, ""))
    }

    fn start(&self, key: &PKey<Private>) -> Result<X509Builder, ErrorStack> {
        start(&x509_name(&self.subject)?, key, &self.not_before, &self.not_after)
    }

    fn extend(&self, builder: &mut X509Builder, issuer: Option<&X509>) -> Result<(), ErrorStack> {
        builder.append_extension(BasicConstraints::new().critical().build()?)?;
        builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
        let mut usage = ExtendedKeyUsage::new();
        if self.for_servers {
            usage.server_auth();
        }
        if self.for_clients {
            usage.client_auth();
        }
        builder.append_extension(usage.build()?)?;
        if self.key_identifiers {
            add_key_identifiers(builder, issuer)?;
        }
        if !self.dns.is_empty() {
            let mut names = SubjectAlternativeName::new();
            for name in &self.dns {
                names.dns(name);
            }
            for address in &self.addresses {
                names.ip(address);
            }
            for uri in &self.uris {
                names.uri(uri);
            }
            let names = names.build(&builder.x509v3_context(None, None))?;
            builder.append_extension(names)?;
        }
        Ok(())
    }
}

impl LeafKey {
    fn generate(self) -> PKey<Private> {
        let generated = match self {
            Self::P256 => EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)
                .and_then(|group| EcKey::generate(&group))
                .and_then(PKey::from_ec_key),
            Self::Rsa(bits) => Rsa::generate(bits).and_then(PKey::from_rsa),
        };
        generated.expect("OpenSSL makes keys")
    }
}

fn start(
    subject: &X509Name,
    key: &PKey<Private>,
    not_before: &str,
    not_after: &str,
) -> Result<X509Builder, ErrorStack> {
    let mut serial = BigNum::new()?;
    serial.rand(120, MsbOption::MAYBE_ZERO, false)?;
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_serial_number(&*Asn1Integer::from_bn(&serial)?)?;
    builder.set_subject_name(subject)?;
    builder.set_not_before(&*time(not_before)?)?;
    builder.set_not_after(&*time(not_after)?)?;
    builder.set_pubkey(key)?;
    Ok(builder)
}

fn add_key_identifiers(builder: &mut X509Builder, issuer: Option<&X509>) -> Result<(), ErrorStack> {
    let subject = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
    builder.append_extension(subject)?;
    if let Some(issuer) = issuer
        && issuer.subject_key_id().is_some()
    {
        let context = builder.x509v3_context(Some(issuer), None);
        let authority = AuthorityKeyIdentifier::new().keyid(true).build(&context)?;
        builder.append_extension(authority)?;
    }
    Ok(())
}

fn x509_name(entries: &[(&'static str, String)]) -> Result<X509Name, ErrorStack> {
    let mut name = X509Name::builder()?;
    for (field, value) in entries {
        name.append_entry_by_text(field, value)?;
    }
    Ok(name.build())
}

fn time(text: &str) -> Result<Asn1Time, ErrorStack> {
    Asn1Time::from_str(text)
}

fn identity(certificate: &X509, key: &PKey<Private>, above: &str) -> TestIdentity {
    let certificate_pem = pem(certificate.to_pem());
    TestIdentity {
        chain_pem: format!("{certificate_pem}{above}"),
        certificate_pem,
        key_pem: pem(key.private_key_to_pem_pkcs8()),
    }
}

fn pem(bytes: Result<Vec<u8>, ErrorStack>) -> String {
    String::from_utf8(bytes.expect("OpenSSL writes what it has made")).expect("PEM is ASCII")
}

const NOT_BEFORE: &str = "20250101000000Z";

const NOT_AFTER: &str = "20400101000000Z";
