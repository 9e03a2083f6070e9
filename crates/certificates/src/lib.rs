//! Issues X.509: sandbox authorities, server, service and TPP certificates, good and (for testers)
//! deliberately bad.

mod authority;
mod private_key;
mod profile;
mod self_signed;
mod validity;

pub use authority::{CertificateAuthority, IssueError, IssuedCertificate};
pub use private_key::{KeyKind, PrivateKey};
pub use profile::{LeafProfile, ServiceRole, TppIdentity, Validity};
pub use self_signed::self_signed;
pub use validity::validity_of;
