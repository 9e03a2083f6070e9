//! What a leaf certificate says.

use jiff::Timestamp;

/// From when to when a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// First moment.
    pub not_before: Timestamp,
    /// Last moment.
    pub not_after: Timestamp,
}

/// A role of the platform; its URI SAN is `urn:lombard:role:NAME`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum ServiceRole {
    ControlPlane,
    Directory,
    EventService,
    Gateway,
    KeyManager,
    Operator,
}

impl ServiceRole {
    /// All roles.
    pub const ALL: [Self; 6] = [
        Self::ControlPlane,
        Self::Directory,
        Self::EventService,
        Self::Gateway,
        Self::KeyManager,
        Self::Operator,
    ];

    /// The role's name: its DNS name between containers, its file name, the end of its URN.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ControlPlane => "control-plane",
            Self::Directory => "directory",
            Self::EventService => "event-service",
            Self::Gateway => "gateway",
            Self::KeyManager => "key-manager",
            Self::Operator => "operator",
        }
    }

    /// The URI SAN that says the role in a service certificate.
    #[must_use]
    pub fn urn(self) -> String {
        format!("urn:lombard:role:{}", self.as_str())
    }
}

/// Who a TPP certificate names (`CN=<software id>, OU=<organisation id>, O=OpenBanking, C=GB`, the
/// legacy form of the Open Banking Directory).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TppIdentity {
    /// Software statement id, the common name.
    pub software_id: String,
    /// Organisation id, the organisational unit.
    pub organisation_id: String,
}

/// Who a PSD2 certificate names (`CN=<organisation id>, organizationIdentifier=<…>, O=<name>, C=GB`)
/// and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EidasIdentity {
    /// Organisation id, the common name.
    pub organisation_id: String,
    /// The organisation's name, at most 64 characters.
    pub organisation_name: String,
    /// `PSDGB-FCA-123456`, or `PSDGB-OB-Unknown…` (ETSI TS 119 495 §5.2.1).
    pub organization_identifier: String,
    /// What the provider is authorised for.
    pub roles: Vec<Psd2Role>,
    /// The competent authority's name.
    pub authority_name: String,
    /// The competent authority's id, `GB-FCA`.
    pub authority_id: String,
}

/// A role of a payment service provider (ETSI TS 119 495 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Psd2Role {
    /// `PSP_AI`.
    AccountInformation,
    /// `PSP_AS`.
    AccountServicing,
    /// `PSP_IC`: issuing of card-based payment instruments.
    CardIssuing,
    /// `PSP_PI`.
    PaymentInitiation,
}

/// What a leaf says beside its profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeafExtras {
    /// Where the issuer's revocation list is: an ASCII URL.
    pub revocation_list_url: Option<String>,
    /// An extended key usage for servers only, whatever the profile asks for: a defect on purpose.
    pub for_servers_only: bool,
}

/// What a leaf is for; subject, alternative names, key usage and extended key usage follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeafProfile {
    /// A PSD2 seal: digitalSignature and nonRepudiation, no EKU, `qcStatements`.
    Obseal(EidasIdentity),
    /// A PSD2 transport certificate: EKU clientAuth and serverAuth, `qcStatements`.
    Obwac(EidasIdentity),
    /// A public TLS server: EKU serverAuth.
    Server {
        /// Host names, the first is the common name.
        dns_names: Vec<String>,
        /// Addresses in text form.
        ip_addresses: Vec<String>,
    },
    /// A role: EKU serverAuth and clientAuth, URI SAN, DNS SANs the role's name and `localhost`.
    Service(ServiceRole),
    /// A TPP's signing certificate: digitalSignature and nonRepudiation, no EKU.
    TppSigning(TppIdentity),
    /// A TPP's transport certificate: EKU clientAuth and serverAuth.
    TppTransport(TppIdentity),
}
