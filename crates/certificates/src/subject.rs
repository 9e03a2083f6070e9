//! Distinguished names.

use crate::{EidasIdentity, IssueError};
use openssl::asn1::Asn1Object;
use openssl::nid::Nid;
use openssl::x509::{X509Name, X509NameBuilder};

/// `CN=<common name>, O=OpenBanking, C=GB`, an authority's name.
pub(crate) fn authority(common_name: &str) -> Result<X509Name, IssueError> {
    name(&[COUNTRY, ORGANISATION, (Nid::COMMONNAME, common_name)])
}

/// `CN=<software id>, OU=<organisation id>, O=OpenBanking, C=GB`, a TPP's name.
pub(crate) fn tpp(software_id: &str, organisation_id: &str) -> Result<X509Name, IssueError> {
    name(&[
        COUNTRY,
        ORGANISATION,
        (Nid::ORGANIZATIONALUNITNAME, organisation_id),
        (Nid::COMMONNAME, software_id),
    ])
}

/// `CN=<organisation id>, organizationIdentifier=<…>, O=<name>, C=GB`, a TPP's name under PSD2.
pub(crate) fn eidas(identity: &EidasIdentity) -> Result<X509Name, IssueError> {
    name(&[
        COUNTRY,
        (Nid::ORGANIZATIONNAME, &identity.organisation_name),
        (Asn1Object::from_str(ORGANIZATION_IDENTIFIER)?.nid(), &identity.organization_identifier),
        (Nid::COMMONNAME, &identity.organisation_id),
    ])
}

/// `CN=<common name>` alone.
pub(crate) fn common_name(text: &str) -> Result<X509Name, IssueError> {
    name(&[(Nid::COMMONNAME, text)])
}

/// In encoded order, the most significant first; written names (RFC 4514) have it last.
fn name(parts: &[(Nid, &str)]) -> Result<X509Name, IssueError> {
    let mut builder = X509NameBuilder::new()?;
    for (kind, value) in parts {
        // Control characters would let one name look like another in logs and comparisons.
        if value.is_empty() || value.contains(char::is_control) {
            return Err(IssueError::Unrepresentable("name"));
        }
        builder
            .append_entry_by_nid(*kind, value)
            .map_err(|_| IssueError::Unrepresentable("name"))?;
    }
    Ok(builder.build())
}

const COUNTRY: (Nid, &str) = (Nid::COUNTRYNAME, "GB");
const ORGANISATION: (Nid, &str) = (Nid::ORGANIZATIONNAME, "OpenBanking");
const ORGANIZATION_IDENTIFIER: &str = "2.5.4.97";
