//! What is said of a software statement.

use crate::identifier::{InvalidId, SoftwareId};
use crate::organisations::OrganisationDetails;
use crate::psd2::Role;
use crate::text::{self, InvalidMember};
use serde::{Deserialize, Serialize};
use service_kit::Random;

// The sizes of SSA claims (Open Banking Directory, technical specification).
const MAX_NAME: usize = 40;
const MAX_DESCRIPTION: usize = 256;
const MAX_VERSION: usize = 42;
const MAX_REDIRECT_URIS: usize = 100;

/// What SSAs say of a software statement.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct SoftwareDetails {
    pub(crate) client_name: String,
    pub(crate) description: String,
    pub(crate) version: String,
    pub(crate) environment: String,
    pub(crate) mode: Mode,
    pub(crate) roles: Vec<Role>,
    pub(crate) redirect_uris: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) client_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) logo_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) policy_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tos_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) on_behalf_of_org: Option<String>,
}

/// Whether the software is for tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum Mode {
    /// It is not.
    #[default]
    Live,
    /// It is.
    Test,
}

/// The body of an order to create one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSoftware {
    client_name: String,
    software_id: Option<String>,
    description: Option<String>,
    version: Option<String>,
    environment: Option<String>,
    #[serde(default)]
    mode: Mode,
    roles: Option<Vec<String>>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    client_uri: Option<String>,
    logo_uri: Option<String>,
    policy_uri: Option<String>,
    tos_uri: Option<String>,
    on_behalf_of_org: Option<String>,
}

impl NewSoftware {
    /// Id and details, or what is wrong with them; the roles are among those of `organisation`.
    pub(super) fn judge(
        self,
        organisation: &OrganisationDetails,
        random: &dyn Random,
    ) -> Result<(SoftwareId, SoftwareDetails), InvalidMember> {
        let id = match self.software_id {
            Some(id) => id
                .parse()
                .map_err(|error: InvalidId| InvalidMember::new("software_id", error.to_string()))?,
            None => SoftwareId::generate(random),
        };
        let client_name = text::plain("client_name", self.client_name, MAX_NAME)?;
        let or = |member, text: Option<String>, longest, default: &str| match text {
            Some(text) => text::plain(member, text, longest),
            None => Ok(default.to_owned()),
        };
        let uri =
            |member, text: Option<String>| text.map(|text| text::url(member, text)).transpose();
        let details = SoftwareDetails {
            description: or("description", self.description, MAX_DESCRIPTION, &client_name)?,
            version: or("version", self.version, MAX_VERSION, "1.0")?,
            environment: or("environment", self.environment, MAX_NAME, "sandbox")?,
            mode: self.mode,
            roles: roles(self.roles, organisation)?,
            redirect_uris: text::urls("redirect_uris", self.redirect_uris, MAX_REDIRECT_URIS)?,
            client_uri: uri("client_uri", self.client_uri)?,
            logo_uri: uri("logo_uri", self.logo_uri)?,
            policy_uri: uri("policy_uri", self.policy_uri)?,
            tos_uri: uri("tos_uri", self.tos_uri)?,
            on_behalf_of_org: self
                .on_behalf_of_org
                .map(|text| text::plain("on_behalf_of_org", text, MAX_DESCRIPTION))
                .transpose()?,
            client_name,
        };
        Ok((id, details))
    }
}

fn roles(
    names: Option<Vec<String>>,
    organisation: &OrganisationDetails,
) -> Result<Vec<Role>, InvalidMember> {
    let Some(names) = names else { return Ok(organisation.roles.clone()) };
    let roles = Role::list("roles", &names)?;
    if roles.iter().all(|role| organisation.roles.contains(role)) {
        Ok(roles)
    } else {
        Err(InvalidMember::new("roles", "must be among those of the organisation"))
    }
}
