//! What the certificates of PSD2 say beside a name: their type and the roles of the provider
//! (ETSI EN 319 412-5 §4.2.3, ETSI TS 119 495 §5.1).

use crate::{EidasIdentity, IssueError, Psd2Role, der};
use openssl::x509::X509Extension;

/// What a certificate seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QualifiedType {
    /// Documents: OBSEAL.
    Seal,
    /// A web site: OBWAC.
    Website,
}

/// The extension `qcStatements` (RFC 3739 §3.2.6).
pub(crate) fn qualified_statements(
    identity: &EidasIdentity,
    kind: QualifiedType,
) -> Result<X509Extension, IssueError> {
    let kind = der::object_identifier(match kind {
        QualifiedType::Seal => "0.4.0.1862.1.6.2",
        QualifiedType::Website => "0.4.0.1862.1.6.3",
    })?;
    let kind = der::sequence(&[der::object_identifier(QC_TYPE)?, der::sequence(&[kind])]);
    let roles = identity.roles.iter().map(|role| role_of_provider(*role));
    let roles = roles.collect::<Result<Vec<_>, _>>()?;
    let psd2 = der::sequence(&[
        der::sequence(&roles),
        der::utf8(&identity.authority_name),
        der::utf8(&identity.authority_id),
    ]);
    let psd2 = der::sequence(&[der::object_identifier(PSD2)?, psd2]);
    der::extension(QC_STATEMENTS, &der::sequence(&[kind, psd2]))
}

fn role_of_provider(role: Psd2Role) -> Result<Vec<u8>, IssueError> {
    let (identifier, name) = match role {
        Psd2Role::AccountInformation => ("0.4.0.19495.1.3", "PSP_AI"),
        Psd2Role::AccountServicing => ("0.4.0.19495.1.1", "PSP_AS"),
        Psd2Role::CardIssuing => ("0.4.0.19495.1.4", "PSP_IC"),
        Psd2Role::PaymentInitiation => ("0.4.0.19495.1.2", "PSP_PI"),
    };
    Ok(der::sequence(&[der::object_identifier(identifier)?, der::utf8(name)]))
}

const PSD2: &str = "0.4.0.19495.2";
const QC_STATEMENTS: &str = "1.3.6.1.5.5.7.1.3";
const QC_TYPE: &str = "0.4.0.1862.1.6";
