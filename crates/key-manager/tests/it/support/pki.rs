//! Certificates of a test.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use certificates::{
    CertificateAuthority, IssuedCertificate, KeyKind, LeafProfile, ServiceRole, TppIdentity,
    Validity,
};
use reqwest::{Certificate, Client, Identity};
use service_kit::TrustStore;
use service_kit::listener::{ServerIdentity, ServerTls};
use service_kit::outbound::ServiceIdentity;
use service_kit::trust_store::TrustAnchors;
use std::net::IpAddr;

/// One authority for each kind of trust.
pub struct Pki {
    pub tpps: CertificateAuthority,
    pub services: CertificateAuthority,
    /// PEM of certificates that are trusted one by one.
    pub pinned: Vec<String>,
    server: IssuedCertificate,
}

impl Pki {
    pub fn new() -> Self {
        let root = |name| CertificateAuthority::new_root(name, KeyKind::P256, lifetime()).unwrap();
        let services = root("Services");
        let names = LeafProfile::Server {
            dns_names: vec!["localhost".to_owned()],
            ip_addresses: Vec::new(),
        };
        let server = services.issue(&names, KeyKind::P256, lifetime()).unwrap();
        Self { tpps: root("TPPs"), services, pinned: Vec::new(), server }
    }

    pub fn transport(&self, software_id: &str, organisation_id: &str) -> IssuedCertificate {
        self.transport_during(software_id, organisation_id, lifetime())
    }

    pub fn transport_during(
        &self,
        software_id: &str,
        organisation_id: &str,
        validity: Validity,
    ) -> IssuedCertificate {
        let profile = LeafProfile::TppTransport(TppIdentity {
            software_id: software_id.to_owned(),
            organisation_id: organisation_id.to_owned(),
        });
        self.tpps.issue(&profile, KeyKind::P256, validity).unwrap()
    }

    pub fn service(&self, role: ServiceRole) -> IssuedCertificate {
        self.services.issue(&LeafProfile::Service(role), KeyKind::P256, lifetime()).unwrap()
    }

    pub fn service_identity(&self, role: ServiceRole) -> ServiceIdentity {
        let issued = self.service(role);
        ServiceIdentity {
            chain_pem: issued.chain_pem,
            key_pem: issued.key.to_pem().unwrap().to_string(),
            ca_pem: self.services.certificate_pem().to_owned(),
        }
    }

    pub fn public_tls(&self, trust: TrustStore) -> ServerTls {
        ServerTls { identities: vec![identity_of(&self.server)], trust, access: None }
    }

    /// A trust store that accepts the TPPs of this test.
    pub fn tpp_trust(&self) -> TrustStore {
        trust(&self.tpps, &self.pinned)
    }

    pub fn internal_tls(&self) -> ServerTls {
        ServerTls {
            identities: vec![identity_of(&self.service(ServiceRole::KeyManager))],
            trust: trust(&self.services, &[]),
            access: Some(key_manager::INTERNAL_ACCESS),
        }
    }

    /// The same, connecting from `address`.
    pub fn client_from(&self, address: IpAddr, certificate: &IssuedCertificate) -> Client {
        client_at(Some(address), self.services.certificate_pem(), Some(certificate))
    }

    /// An HTTP client that trusts the servers of this test and shows `certificate`.
    pub fn client(&self, certificate: Option<&IssuedCertificate>) -> Client {
        client_with(self.services.certificate_pem(), certificate)
    }
}

/// The PEM form of a certificate.
pub fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

/// Valid for the test clock and for today.
pub fn lifetime() -> Validity {
    Validity {
        not_before: "2025-12-01T00:00:00Z".parse().unwrap(),
        not_after: "2035-12-01T00:00:00Z".parse().unwrap(),
    }
}

pub fn client_with(ca_pem: &str, certificate: Option<&IssuedCertificate>) -> Client {
    client_at(None, ca_pem, certificate)
}

#[expect(clippy::disallowed_methods, reason = "a TPP brings its own HTTP client")]
fn client_at(
    address: Option<IpAddr>,
    ca_pem: &str,
    certificate: Option<&IssuedCertificate>,
) -> Client {
    let mut builder = Client::builder()
        .no_proxy()
        .local_address(address)
        .timeout(std::time::Duration::from_mins(1))
        .tls_certs_only([Certificate::from_pem(ca_pem.as_bytes()).unwrap()]);
    if let Some(issued) = certificate {
        let key = issued.key.to_pem().unwrap();
        let identity =
            Identity::from_pkcs8_pem(issued.chain_pem.as_bytes(), key.as_bytes()).unwrap();
        builder = builder.identity(identity);
    }
    builder.build().unwrap()
}

fn identity_of(issued: &IssuedCertificate) -> ServerIdentity {
    ServerIdentity {
        chain_pem: issued.chain_pem.clone(),
        key_pem: issued.key.to_pem().unwrap().to_string(),
    }
}

fn trust(authority: &CertificateAuthority, pinned: &[String]) -> TrustStore {
    TrustStore::new(&TrustAnchors {
        issuers_pem: vec![authority.certificate_pem().to_owned()],
        certificates_pem: pinned.iter().map(|pem| ("pinned".to_owned(), pem.clone())).collect(),
        ..TrustAnchors::default()
    })
    .unwrap()
}
