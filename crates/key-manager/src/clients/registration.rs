//! Registrations as the internal API takes them: every field checked, the one at fault named.

mod authentication;
mod certificate_key;
mod operators_part;

use super::{ClientId, PlainSecret, RemoteKeys};
use crate::roles::TppRole;
use crate::store::{ClientRecord, ClientStatus};
use crate::token::is_scope_token;
use authentication::Authentication;
pub(crate) use certificate_key::with_key_of;
use database::UtcMicros;
pub(crate) use operators_part::with_operators_part;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use service_kit::Random;

/// The most scopes or roles a client may have.
const MAX_GRANTS: usize = 32;
/// The most characters of an id given by somebody else.
const MAX_FOREIGN_ID: usize = 128;
/// The longest cap on the lifetime of assertions, in seconds: a year.
const MAX_LIFETIME_CAP: i64 = 366 * 24 * 60 * 60;

/// A registration whose every field was checked.
#[derive(Debug)]
pub(crate) struct Registration {
    /// What is kept.
    pub(crate) record: ClientRecord,
    /// The secret of a client that has one, to be shown this once.
    pub(crate) secret: Option<PlainSecret>,
}

/// What registrations are measured by.
#[derive(Debug)]
pub(crate) struct RegistrationRules<'r> {
    /// Scopes of every TPP.
    pub(crate) common_scopes: &'r [String],
    /// Whether a client may have a secret.
    pub(crate) allow_client_secrets: bool,
    /// Says which addresses may be asked for keys.
    pub(crate) remote_keys: &'r RemoteKeys,
    /// The client whose registration is replaced; none for a new one.
    pub(crate) replaced: Option<&'r ClientRecord>,
}

/// The field at fault, and what is wrong with it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub(crate) struct RegistrationError {
    /// The member's name; `body` for the whole.
    pub(crate) field: String,
    /// What is wrong.
    pub(crate) reason: String,
}

impl Registration {
    /// Reads the JSON text of a registration; an id is drawn where none is given. A client that is
    /// replaced keeps its id, its status and, where it goes on authenticating with it, its secret.
    pub(crate) fn parse(
        json: &str,
        given: &RegistrationRules<'_>,
        random: &dyn Random,
        now: UtcMicros,
    ) -> Result<Self, RegistrationError> {
        let mut fields = Fields::parse(json)?;
        let roles = roles(&mut fields)?;
        let authentication = Authentication::parse(&mut fields, given, random)?;
        let kept_secret = given
            .replaced
            .filter(|_| authentication.secret.is_some())
            .and_then(|known| known.client_secret_hash.clone());
        let secret = authentication.secret.filter(|_| kept_secret.is_none());
        let record = ClientRecord {
            client_id: client_id(&mut fields, given.replaced, random)?,
            status: given.replaced.map_or(ClientStatus::Active, |known| known.status),
            software_id: foreign_id(&mut fields, "software_id")?,
            organisation_id: foreign_id(&mut fields, "organisation_id")?,
            scopes: scopes(&mut fields, &roles, given.common_scopes)?,
            roles: roles.iter().map(|role| role.as_str().to_owned()).collect(),
            token_endpoint_auth_signing_alg: authentication.algorithm.map(|alg| alg.to_string()),
            tls_client_auth_subject_dn: authentication.subject,
            jwks: authentication.jwks,
            assertion_lifetime_cap_seconds: lifetime_cap(&mut fields)?,
            allow_audience_array: fields.take("allow_audience_array")?.unwrap_or(false),
            created_at: given.replaced.map_or(now, |known| known.created_at),
            token_endpoint_auth_method: authentication.method.as_str().to_owned(),
            jwks_uri: authentication.jwks_uri,
            client_secret_hash: kept_secret
                .or_else(|| secret.as_ref().map(|secret| secret.hash().as_str().to_owned())),
            resource_server: fields.take("resource_server")?.unwrap_or(false),
        };
        fields.finish()?;
        Ok(Self { record, secret })
    }
}

/// Members not yet read.
struct Fields(Map<String, Value>);

impl Fields {
    fn parse(json: &str) -> Result<Self, RegistrationError> {
        jose::from_str_strict(json).map(Self).map_err(|error| at("body", error.to_string()))
    }

    /// A member of value `null` counts as absent.
    fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, RegistrationError> {
        let value = self.0.remove(name).filter(|value| !value.is_null());
        value
            .map(|value| serde_json::from_value(value).map_err(|error| at(name, error.to_string())))
            .transpose()
    }

    fn require<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, RegistrationError> {
        self.take(name)?.ok_or_else(|| at(name, "is required"))
    }

    /// Anything left was not meant for us (and a misspelt member must not pass for an absent one).
    fn finish(self) -> Result<(), RegistrationError> {
        self.0.keys().next().map_or(Ok(()), |name| Err(at(name, "is not a known member")))
    }
}

fn client_id(
    fields: &mut Fields,
    replaced: Option<&ClientRecord>,
    random: &dyn Random,
) -> Result<String, RegistrationError> {
    let known = replaced.map(|known| known.client_id.clone());
    let Some(text) = fields.take::<String>("client_id")? else {
        return Ok(known.unwrap_or_else(|| random.uuid_v4().simple().to_string()));
    };
    if known.is_some_and(|known| known != text) {
        return Err(at("client_id", "must be that of the path"));
    }
    text.parse::<ClientId>().map_err(|error| at("client_id", error.to_string()))?;
    Ok(text)
}

fn foreign_id(fields: &mut Fields, name: &str) -> Result<Option<String>, RegistrationError> {
    let id = fields.take::<String>(name)?;
    match &id {
        Some(id) if id.is_empty() || id.len() > MAX_FOREIGN_ID || id.contains(char::is_control) => {
            Err(at(name, "must have 1 to 128 characters, none of them a control character"))
        }
        _ => Ok(id),
    }
}

fn roles(fields: &mut Fields) -> Result<Vec<TppRole>, RegistrationError> {
    let names: Vec<String> = fields.require("roles")?;
    let mut roles = Vec::new();
    for name in distinct("roles", names)? {
        roles.push(name.parse().map_err(|_| at("roles", "may be AISP, CBPII and PISP"))?);
    }
    Ok(roles)
}

/// The scopes given, else those of the roles and, for a TPP, the common ones.
fn scopes(
    fields: &mut Fields,
    roles: &[TppRole],
    common_scopes: &[String],
) -> Result<Vec<String>, RegistrationError> {
    if let Some(scopes) = fields.take::<Vec<String>>("scopes")? {
        if !scopes.iter().all(|scope| is_scope_token(scope) && scope.len() <= MAX_FOREIGN_ID) {
            return Err(at("scopes", "each must be a scope token of RFC 6749 section 3.3"));
        }
        return distinct("scopes", scopes);
    }
    let of_roles = roles.iter().map(|role| role.scope().to_owned());
    let common = common_scopes.iter().filter(|_| !roles.is_empty()).cloned();
    let mut scopes: Vec<String> = of_roles.chain(common).collect();
    scopes.sort_unstable();
    scopes.dedup();
    Ok(scopes)
}

fn lifetime_cap(fields: &mut Fields) -> Result<Option<i64>, RegistrationError> {
    const FIELD: &str = "assertion_lifetime_cap_seconds";
    let cap = fields.take::<i64>(FIELD)?;
    match cap {
        Some(cap) if !(1..=MAX_LIFETIME_CAP).contains(&cap) => {
            Err(at(FIELD, "must be 1 second to 366 days"))
        }
        _ => Ok(cap),
    }
}

fn distinct(field: &str, mut names: Vec<String>) -> Result<Vec<String>, RegistrationError> {
    if names.len() > MAX_GRANTS {
        return Err(at(field, "has too many members"));
    }
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(at(field, "repeats a member"));
    }
    Ok(names)
}

fn at(field: &str, reason: impl Into<String>) -> RegistrationError {
    RegistrationError { field: field.to_owned(), reason: reason.into() }
}
