//! Issues X.509: sandbox authorities, server, service and TPP certificates.

mod authority;
mod leaf;
mod private_key;
mod profile;
mod self_signed;
mod subject;
mod template;
mod validity;

pub use authority::{CertificateAuthority, IssueError, IssuedCertificate};
pub use private_key::{KeyKind, PrivateKey};
pub use profile::{LeafProfile, ServiceRole, TppIdentity, Validity};
pub use self_signed::self_signed;
pub use validity::validity_of;
