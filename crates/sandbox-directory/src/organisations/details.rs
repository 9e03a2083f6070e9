//! What is said of an organisation.

use crate::identifier::OrganisationId;
use crate::psd2::Role;
use crate::text::{self, InvalidMember};
use serde::{Deserialize, Serialize};
use service_kit::Random;

/// The longest name in an SSA.
const MAX_NAME: usize = 140;

/// What SSAs and certificates say of an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct OrganisationDetails {
    pub(crate) name: String,
    pub(crate) status: Status,
    /// What it is authorised for.
    pub(crate) roles: Vec<Role>,
    /// Its number at the competent authority, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) registration_id: Option<String>,
}

/// Whether the organisation is authorised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum Status {
    /// It is.
    #[default]
    Active,
    /// No more.
    Revoked,
    /// It has left.
    Withdrawn,
}

/// The body of an order to create one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOrganisation {
    name: String,
    organisation_id: Option<String>,
    #[serde(default)]
    status: Status,
    roles: Option<Vec<String>>,
    registration_id: Option<String>,
}

impl NewOrganisation {
    /// Id and details, or what is wrong with them.
    pub(super) fn judge(
        self,
        random: &dyn Random,
    ) -> Result<(OrganisationId, OrganisationDetails), InvalidMember> {
        let id = match self.organisation_id {
            Some(id) => id.parse().map_err(|error: crate::identifier::InvalidId| {
                InvalidMember::new("organisation_id", error.to_string())
            })?,
            None => OrganisationId::generate(random),
        };
        let details = OrganisationDetails {
            name: text::plain("name", self.name, MAX_NAME)?,
            status: self.status,
            roles: match self.roles {
                Some(names) => Role::list("roles", &names)?,
                None => Role::OF_TPPS.to_vec(),
            },
            registration_id: self.registration_id.map(registration_id).transpose()?,
        };
        Ok((id, details))
    }
}

/// It stands in a certificate's subject, after dashes that separate.
fn registration_id(text: String) -> Result<String, InvalidMember> {
    let valid = (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    let reason = "has 1 to 32 letters and digits";
    if valid { Ok(text) } else { Err(InvalidMember::new("registration_id", reason)) }
}

impl OrganisationDetails {
    /// `registration_id` of the competent authority's claims; the directory's own stand-in without.
    pub(crate) fn registration(&self, organisation_id: &str) -> String {
        self.registration_id.clone().unwrap_or_else(|| format!("Unknown{organisation_id}"))
    }

    /// The competent authority's name and id in certificates (ETSI TS 119 495, annex D).
    pub(crate) fn authority(&self) -> (&'static str, &'static str) {
        match self.registration_id {
            Some(_) => ("Financial Conduct Authority", "GB-FCA"),
            None => ("Open Banking", "GB-OB"),
        }
    }
}
