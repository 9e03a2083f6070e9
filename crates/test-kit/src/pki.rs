//! Certificates of tests, good and bad.
//!
//! Made with OpenSSL directly and not with `certificates`, which refuses to make most of the bad
//! ones. Everything is valid from 2025 to 2040 unless its name says otherwise, so that it serves with
//! [`TestClock`](crate::TestClock) and with the machine's clock.

mod builder;

use builder::{Issuer, Leaf, LeafKey};
use certificates::ServiceRole;
use service_kit::{listener::ServerIdentity, outbound::ServiceIdentity, trust_store::TrustAnchors};

/// The sandbox's authorities with leaves below them, and strangers.
///
/// ```text
/// TPP root ── TPP issuing ── transport certificates of TPPs
/// service CA ── service certificates, one a role
/// server CA ── server certificates, RSA and ECDSA
/// foreign root ── foreign issuing ── a stranger's
/// "TPP issuing" again, with another key and without key identifiers ── a forger's
/// ```
pub struct TestPki {
    tpp_root: Issuer,
    tpp_issuing: Issuer,
    service_ca: Issuer,
    server_ca: Issuer,
    foreign_issuing: Issuer,
    forged_issuing: Issuer,
}

/// A certificate with its key, PEM.
#[derive(Clone)]
pub struct TestIdentity {
    /// The leaf alone.
    pub certificate_pem: String,
    /// The leaf, then the certificates above it without the root.
    pub chain_pem: String,
    /// The key, PKCS#8.
    pub key_pem: String,
}

impl TestPki {
    /// New authorities. EC keys throughout, where RSA is not asked for by name: they are made fast.
    #[must_use]
    pub fn new() -> Self {
        let tpp_root = Issuer::root("Test TPP Root CA");
        let foreign_root = Issuer::root("Foreign Root CA");
        Self {
            tpp_issuing: tpp_root.issuing("Test TPP Issuing CA"),
            tpp_root,
            service_ca: Issuer::root("Test Service CA"),
            server_ca: Issuer::root("Test Server CA"),
            foreign_issuing: foreign_root.issuing("Foreign Issuing CA"),
            forged_issuing: Issuer::forged("Test TPP Issuing CA"),
        }
    }

    /// The same, where TPP certificates are issued by an authority that somebody trusts already.
    #[must_use]
    pub fn issuing_as(tpp_issuing: &TestIdentity) -> Self {
        Self { tpp_issuing: Issuer::of_leaf(tpp_issuing), ..Self::new() }
    }

    /// Trust in the TPP authorities: root and issuing.
    #[must_use]
    pub fn tpp_trust(&self) -> TrustAnchors {
        TrustAnchors {
            issuers_pem: vec![self.tpp_root.pem() + &self.tpp_issuing.pem()],
            ..TrustAnchors::default()
        }
    }

    /// Trust in the service CA.
    #[must_use]
    pub fn service_trust(&self) -> TrustAnchors {
        TrustAnchors { issuers_pem: vec![self.service_ca.pem()], ..TrustAnchors::default() }
    }

    /// The root of the TPP certificates.
    #[must_use]
    pub fn tpp_root_pem(&self) -> String {
        self.tpp_root.pem()
    }

    /// The root of the service certificates.
    #[must_use]
    pub fn service_ca_pem(&self) -> String {
        self.service_ca.pem()
    }

    /// The root of the server certificates.
    #[must_use]
    pub fn server_ca_pem(&self) -> String {
        self.server_ca.pem()
    }

    /// A server's certificate for `localhost` and both loopback addresses, RSA.
    #[must_use]
    pub fn server_rsa(&self) -> TestIdentity {
        self.server_ca.issue(&Leaf::server(), LeafKey::Rsa(2048))
    }

    /// A server's certificate for `localhost` and both loopback addresses, ECDSA.
    #[must_use]
    pub fn server_ecdsa(&self) -> TestIdentity {
        self.server_ca.issue(&Leaf::server(), LeafKey::P256)
    }

    /// A role's certificate, for both ends of mutual TLS.
    #[must_use]
    pub fn service(&self, role: ServiceRole) -> TestIdentity {
        let uri = format!("urn:lombard:role:{}", role.as_str());
        self.service_with_uris(role.as_str(), &[&uri])
    }

    /// A certificate of the service CA with these URI SANs, whatever they say.
    #[must_use]
    pub fn service_with_uris(&self, name: &str, uris: &[&str]) -> TestIdentity {
        self.service_ca.issue(&Leaf::service(name, uris), LeafKey::P256)
    }

    /// What a role shows its peers and trusts in them.
    #[must_use]
    pub fn service_identity(&self, role: ServiceRole) -> ServiceIdentity {
        let TestIdentity { chain_pem, key_pem, .. } = self.service(role);
        ServiceIdentity { chain_pem, key_pem, ca_pem: self.service_ca.pem() }
    }

    /// A good transport certificate: `CN=<software>, OU=<organisation>, O=OpenBanking, C=GB`.
    #[must_use]
    pub fn tpp(&self, software_id: &str, organisation_id: &str) -> TestIdentity {
        self.tpp_issuing.issue(&Leaf::tpp(software_id, organisation_id), LeafKey::P256)
    }

    /// A good transport certificate with an RSA-2048 key.
    #[must_use]
    pub fn tpp_rsa(&self, software_id: &str, organisation_id: &str) -> TestIdentity {
        self.tpp_issuing.issue(&Leaf::tpp(software_id, organisation_id), LeafKey::Rsa(2048))
    }

    /// A transport certificate valid between two moments in the form `20250101000000Z`.
    #[must_use]
    pub fn tpp_valid(&self, not_before: &str, not_after: &str) -> TestIdentity {
        let leaf = Leaf::tpp("timed", "organisation").valid(not_before, not_after);
        self.tpp_issuing.issue(&leaf, LeafKey::P256)
    }

    /// One whose validity ended in 2025.
    #[must_use]
    pub fn expired_tpp(&self) -> TestIdentity {
        self.tpp_valid("20250101000000Z", "20250201000000Z")
    }

    /// One whose validity begins in 2039.
    #[must_use]
    pub fn not_yet_valid_tpp(&self) -> TestIdentity {
        self.tpp_valid("20390101000000Z", "20400101000000Z")
    }

    /// One whose extended key usage is for servers only.
    #[must_use]
    pub fn wrong_usage_tpp(&self) -> TestIdentity {
        let leaf = Leaf::tpp("server", "organisation").for_servers_only();
        self.tpp_issuing.issue(&leaf, LeafKey::P256)
    }

    /// One with an RSA key of 1024 bits.
    #[must_use]
    pub fn weak_tpp(&self) -> TestIdentity {
        self.tpp_issuing.issue(&Leaf::tpp("weak", "organisation"), LeafKey::Rsa(1024))
    }

    /// One that is signed by itself.
    #[must_use]
    pub fn self_signed_tpp(&self) -> TestIdentity {
        Issuer::self_signed(&Leaf::tpp("alone", "organisation"))
    }

    /// One of an authority that nobody trusts.
    #[must_use]
    pub fn foreign_tpp(&self) -> TestIdentity {
        self.foreign_issuing.issue(&Leaf::tpp("foreign", "organisation"), LeafKey::P256)
    }

    /// One signed by an authority that has the issuing authority's name but another key; none of the
    /// two says which key it means, so that only the signature shows it.
    #[must_use]
    pub fn forged_tpp(&self, software_id: &str, organisation_id: &str) -> TestIdentity {
        let leaf = Leaf::tpp(software_id, organisation_id).without_key_identifiers();
        let forged = self.forged_issuing.issue(&leaf, LeafKey::P256);
        TestIdentity { chain_pem: forged.certificate_pem.clone(), ..forged }
    }

    /// One that a TPP's own certificate has issued.
    #[must_use]
    pub fn issued_by_tpp(&self, issuer: &TestIdentity) -> TestIdentity {
        let child = Leaf::tpp("child", "organisation");
        let child = Issuer::of_leaf(issuer).issue(&child, LeafKey::P256);
        let chain_pem = format!("{}{}", child.certificate_pem, issuer.chain_pem);
        TestIdentity { chain_pem, ..child }
    }

    /// The issuing authority's revocation list over `revoked`, due again at `next_update`
    /// (`20400101000000Z`).
    #[must_use]
    pub fn revocation_list(&self, revoked: &[&TestIdentity], next_update: &str) -> String {
        self.revocation_list_of(revoked, "20250101000000Z", next_update)
    }

    /// The same made at `this_update`.
    #[must_use]
    pub fn revocation_list_of(
        &self,
        revoked: &[&TestIdentity],
        this_update: &str,
        next_update: &str,
    ) -> String {
        self.tpp_issuing.revocation_list(revoked, this_update, next_update)
    }

    /// A revocation list in the issuing authority's name that it has not signed.
    #[must_use]
    pub fn forged_revocation_list(&self) -> String {
        self.forged_issuing.revocation_list(&[], "20250101000000Z", "20400101000000Z")
    }
}

impl Default for TestPki {
    fn default() -> Self {
        Self::new()
    }
}

impl TestIdentity {
    /// As a listener takes it.
    #[must_use]
    pub fn server_identity(&self) -> ServerIdentity {
        ServerIdentity { chain_pem: self.chain_pem.clone(), key_pem: self.key_pem.clone() }
    }

    /// The leaf, DER.
    ///
    /// # Panics
    ///
    /// Where `certificate_pem` is not what this crate has written.
    #[must_use]
    pub fn certificate_der(&self) -> Vec<u8> {
        let certificate = openssl::x509::X509::from_pem(self.certificate_pem.as_bytes());
        certificate.and_then(|certificate| certificate.to_der()).expect("written by this module")
    }
}
