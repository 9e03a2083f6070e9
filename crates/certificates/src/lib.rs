//! Issues X.509: sandbox authorities, server, service and TPP certificates.

mod authority;
mod der;
mod eidas;
mod leaf;
mod private_key;
mod profile;
mod request;
mod revocation_list;
mod self_signed;
mod subject;
mod template;
mod validity;

pub use authority::{
    CertificateAuthority, IssueError, IssuedCertificate, SignedCertificate, leaf_der,
};
pub use private_key::{KeyKind, PrivateKey};
pub use profile::{
    EidasIdentity, LeafExtras, LeafProfile, Psd2Role, ServiceRole, TppIdentity, Validity,
};
pub use request::{RequestError, SigningRequest};
pub use revocation_list::{RevocationListTerms, RevokedCertificate};
pub use self_signed::self_signed;
pub use validity::validity_of;
