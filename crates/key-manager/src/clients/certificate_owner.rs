//! Whose certificates a client may use.

use crate::store::ClientRecord;
use service_kit::DistinguishedName;
use service_kit::client_certificate::InvalidDistinguishedName;

/// Attribute `commonName`.
const COMMON_NAME: &str = "2.5.4.3";
/// Attribute `organizationalUnitName`.
const ORGANISATIONAL_UNIT: &str = "2.5.4.11";
/// Attribute `organizationIdentifier`, which eIDAS certificates have (ETSI EN 319 412-1 §5.1.4).
const ORGANISATION_IDENTIFIER: &str = "2.5.4.97";

/// What a certificate's subject must say for a client to use it. Compared by parts, never as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CertificateOwner {
    /// Nothing is registered: any certificate of the TPP trust store, to which the token is bound.
    Anyone,
    /// These ids, where they are registered.
    Registrant {
        /// Software statement id.
        software_id: Option<String>,
        /// Organisation id.
        organisation_id: Option<String>,
    },
    /// Exactly this subject (RFC 8705 §2.1.2).
    Subject(DistinguishedName),
}

impl CertificateOwner {
    /// What `record` registers: the subject where there is one, else the ids.
    pub(crate) fn of(record: &ClientRecord) -> Result<Self, InvalidDistinguishedName> {
        if let Some(subject) = &record.tls_client_auth_subject_dn {
            return subject.parse().map(Self::Subject);
        }
        Ok(match (&record.software_id, &record.organisation_id) {
            (None, None) => Self::Anyone,
            (software_id, organisation_id) => Self::Registrant {
                software_id: software_id.clone(),
                organisation_id: organisation_id.clone(),
            },
        })
    }

    /// Whether a certificate of this subject is the client's.
    pub(crate) fn owns(&self, subject: &DistinguishedName) -> bool {
        match self {
            Self::Anyone => true,
            Self::Registrant { software_id, organisation_id } => {
                names_registrant(subject, software_id.as_deref(), organisation_id.as_deref())
            }
            Self::Subject(registered) => registered == subject,
        }
    }
}

/// Open Banking's legacy form has the software as common name and the organisation as unit; its
/// eIDAS form (OBWAC) names the organisation alone, as common name.
fn names_registrant(
    subject: &DistinguishedName,
    software_id: Option<&str>,
    organisation_id: Option<&str>,
) -> bool {
    let common_name = subject.attribute(COMMON_NAME);
    if subject.attribute(ORGANISATION_IDENTIFIER).is_some() {
        return organisation_id.is_some() && common_name == organisation_id;
    }
    software_id.is_none_or(|id| common_name == Some(id))
        && organisation_id.is_none_or(|id| subject.attribute(ORGANISATIONAL_UNIT) == Some(id))
}

#[cfg(test)]
mod tests {
    use super::CertificateOwner;

    fn registrant(software: Option<&str>, organisation: Option<&str>) -> CertificateOwner {
        CertificateOwner::Registrant {
            software_id: software.map(str::to_owned),
            organisation_id: organisation.map(str::to_owned),
        }
    }

    fn owns(owner: &CertificateOwner, subject: &str) -> bool {
        owner.owns(&subject.parse().unwrap())
    }

    #[test]
    fn the_certificate_of_another_software_or_organisation_is_foreign() {
        let owner = registrant(Some("S1"), Some("O1"));
        assert!(!owns(&owner, "CN=S2,OU=O1,O=OpenBanking,C=GB"));
        assert!(!owns(&owner, "CN=S1,OU=O2,O=OpenBanking,C=GB"));
        assert!(!owns(&owner, "CN=S1,O=OpenBanking,C=GB"));
        assert!(!owns(&owner, "CN=s1,OU=O1,O=OpenBanking,C=GB"));
        assert!(!owns(&owner, "CN=S1,2.5.4.97=PSDGB-OB-UnknownS1,O=OpenBanking,C=GB"));
    }

    #[test]
    fn an_eidas_certificate_cannot_speak_for_a_client_without_an_organisation() {
        let owner = registrant(Some("S1"), None);
        assert!(!owns(&owner, "CN=S1,2.5.4.97=PSDGB-OB-UnknownS1,C=GB"));
    }

    #[test]
    fn both_forms_of_the_directorys_certificates_are_recognised() {
        let owner = registrant(Some("S1"), Some("O1"));
        assert!(owns(&owner, "CN=S1,OU=O1,O=OpenBanking,C=GB"));
        assert!(owns(&owner, "CN=O1,2.5.4.97=PSDGB-OB-UnknownO1,O=A Name,C=GB"));
    }

    #[test]
    fn a_registered_subject_is_compared_by_its_parts() {
        let owner = CertificateOwner::Subject("CN=S1, OU=O1, O=OpenBanking, C=GB".parse().unwrap());
        assert!(owns(&owner, "cn=S1,ou=O1,o=OpenBanking,c=GB"));
        assert!(!owns(&owner, "CN=S1,OU=O1,O=OpenBanking,C=FR"));
        assert!(!owns(&owner, "OU=O1,CN=S1,O=OpenBanking,C=GB"));
    }
}
