//! The claims of an SSA, as the Open Banking Directory publishes them.

use super::SsaDefect;
use crate::directory::State;
use crate::identifier::OrganisationId;
use crate::organisations::Status;
use crate::psd2::Role;
use crate::software::{Mode, Software};
use jiff::SignedDuration;
use serde::Serialize;

/// How old an [`SsaDefect::Old`] one is.
const OLD: SignedDuration = SignedDuration::from_hours(24 * 400);

/// The claims, in the directory's order.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the names are the directory's")]
pub(super) struct Claims<'c> {
    iss: &'c str,
    iat: i64,
    jti: String,
    software_environment: &'c str,
    software_mode: Mode,
    software_id: &'c str,
    software_client_id: &'c str,
    software_client_name: &'c str,
    software_client_description: &'c str,
    software_version: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    software_client_uri: Option<&'c str>,
    software_redirect_uris: &'c [String],
    software_roles: &'c [Role],
    organisation_competent_authority_claims: CompetentAuthority<'c>,
    #[serde(skip_serializing_if = "Option::is_none")]
    software_logo_uri: Option<&'c str>,
    org_status: Status,
    org_id: String,
    org_name: &'c str,
    org_contacts: [(); 0],
    org_jwks_endpoint: String,
    org_jwks_revoked_endpoint: String,
    software_jwks_endpoint: String,
    software_jwks_revoked_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    software_policy_uri: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    software_tos_uri: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    software_on_behalf_of_org: Option<&'c str>,
}

#[derive(Debug, Serialize)]
struct CompetentAuthority<'c> {
    authority_id: &'static str,
    registration_id: String,
    status: Status,
    authorisations: [Authorisation<'c>; 1],
}

#[derive(Debug, Serialize)]
struct Authorisation<'c> {
    member_state: &'static str,
    roles: &'c [Role],
}

impl<'c> Claims<'c> {
    /// What is said of `software` now, but for `defect`.
    pub(super) fn of(software: &'c Software, state: &'c State, defect: Option<SsaDefect>) -> Self {
        let (details, organisation) = (&software.details, &software.organisation);
        let id = &software.software_id;
        let own = &software.organisation_id;
        let claims = Self {
            iss: &state.config.issuer,
            iat: state.clock.now().as_second(),
            jti: state.random.uuid_v4().to_string(),
            software_environment: &details.environment,
            software_mode: details.mode,
            software_id: id,
            software_client_id: id,
            software_client_name: &details.client_name,
            software_client_description: &details.description,
            software_version: &details.version,
            software_client_uri: details.client_uri.as_deref(),
            software_redirect_uris: &details.redirect_uris,
            software_roles: &details.roles,
            organisation_competent_authority_claims: CompetentAuthority {
                authority_id: AUTHORITY_ID,
                registration_id: organisation.registration(own),
                status: organisation.status,
                authorisations: [Authorisation { member_state: "GB", roles: &organisation.roles }],
            },
            software_logo_uri: details.logo_uri.as_deref(),
            org_status: organisation.status,
            org_id: own.clone(),
            org_name: &organisation.name,
            org_contacts: [],
            org_jwks_endpoint: state.keys_url(own, own),
            org_jwks_revoked_endpoint: state.revoked_keys_url(own, own),
            software_jwks_endpoint: state.keys_url(own, id),
            software_jwks_revoked_endpoint: state.revoked_keys_url(own, id),
            software_policy_uri: details.policy_uri.as_deref(),
            software_tos_uri: details.tos_uri.as_deref(),
            software_on_behalf_of_org: details.on_behalf_of_org.as_deref(),
        };
        claims.with(defect, state)
    }

    /// The payload.
    pub(super) fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// The SSA's id.
    pub(super) fn jti(&self) -> &str {
        &self.jti
    }

    fn with(mut self, defect: Option<SsaDefect>, state: &State) -> Self {
        match defect {
            Some(SsaDefect::ForeignJwks) => {
                self.software_jwks_endpoint =
                    format!("https://directory.invalid/{}.jwks", self.software_id);
            }
            Some(SsaDefect::Old) => self.iat -= OLD.as_secs(),
            Some(SsaDefect::OtherOrganisation) => {
                let other = OrganisationId::generate(&*state.random);
                self.org_jwks_endpoint = state.keys_url(other.as_str(), other.as_str());
                self.org_jwks_revoked_endpoint =
                    state.revoked_keys_url(other.as_str(), other.as_str());
                other.as_str().clone_into(&mut self.org_id);
                self.org_name = "Another Organisation Limited";
            }
            Some(SsaDefect::WrongIssuer) => self.iss = "Another Directory Limited",
            Some(SsaDefect::UnknownKey | SsaDefect::WrongSignature) | None => {}
        }
        self
    }
}

/// The Financial Conduct Authority, as the directory abbreviates it.
const AUTHORITY_ID: &str = "FCAGBR";
