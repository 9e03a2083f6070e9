//! What a client gets of what it asks for.

use super::error::{RegisterError, absent, invalid};
use super::request::VerifiedRequest;
use super::software_statement::{OwnStatement, registrant};
use super::version::{CIBA, CLIENT_CREDENTIALS, Version};
use super::{Registrar, STATEMENT_ALGORITHMS, redirect_uris};
use open_banking_types::registration::{Backchannel, RegistrationRequest};
use service_kit::DistinguishedName;
use url::Url;

/// Metadata that the statement allows and this server can honour.
#[derive(Clone, Debug)]
pub(super) struct EffectiveMetadata {
    pub(super) redirect_uris: Vec<String>,
    pub(super) authentication: Authentication,
    pub(super) grant_types: Vec<String>,
    pub(super) response_types: Vec<String>,
    /// Those of the request that the roles bring, and nothing else.
    pub(super) scopes: Vec<String>,
    pub(super) application_type: String,
    pub(super) id_token_signed_response_alg: String,
    pub(super) request_object_signing_alg: String,
    pub(super) backchannel: Backchannel,
}

/// How the client authenticates.
#[derive(Clone, Debug)]
pub(super) enum Authentication {
    /// With assertions of this algorithm (RFC 7523).
    PrivateKeyJwt {
        /// PS256 or ES256.
        algorithm: String,
    },
    /// With a certificate of this subject (RFC 8705 §2.1).
    Certificate {
        /// As it was given.
        subject: String,
    },
}

impl Registrar {
    /// Checks every claim of `request` against the statement and the version.
    pub(super) fn effective_metadata(
        &self,
        version: Version,
        request: RegistrationRequest,
        statement: &OwnStatement<'_>,
    ) -> Result<EffectiveMetadata, RegisterError> {
        self.check_identity(&request, statement)?;
        check_keys(&request, statement)?;
        check_algorithm("id_token_signed_response_alg", &request.id_token_signed_response_alg)?;
        check_algorithm("request_object_signing_alg", &request.request_object_signing_alg)?;
        if !version.application_types().contains(&request.application_type.as_str()) {
            return Err(invalid("application_type"));
        }
        Ok(EffectiveMetadata {
            authentication: authentication(version, &request, statement)?,
            grant_types: grant_types(version, &request)?,
            response_types: response_types(request.response_types)?,
            scopes: self.scopes(&request.scope, statement)?,
            backchannel: backchannel(&request.grant_types, request.backchannel)?,
            redirect_uris: redirect_uris::narrow(request.redirect_uris, &statement.claims)?,
            application_type: request.application_type,
            id_token_signed_response_alg: request.id_token_signed_response_alg,
            request_object_signing_alg: request.request_object_signing_alg,
        })
    }

    fn check_identity(
        &self,
        request: &RegistrationRequest,
        statement: &OwnStatement<'_>,
    ) -> Result<(), RegisterError> {
        let software_id = &statement.claims.software_id;
        if request.iss != *software_id {
            return Err(RegisterError::Issuer);
        }
        if request.software_id.as_ref().is_some_and(|id| id != software_id) {
            return Err(invalid("software_id"));
        }
        let ours = |audience: &String| self.audiences.contains(audience);
        if self.config.check_audience && !request.aud.values().iter().any(ours) {
            return Err(invalid("aud"));
        }
        Ok(())
    }

    fn scopes(
        &self,
        requested: &str,
        statement: &OwnStatement<'_>,
    ) -> Result<Vec<String>, RegisterError> {
        let requested: Vec<&str> = requested.split(' ').filter(|scope| !scope.is_empty()).collect();
        let tokens = requested.iter().all(|scope| crate::token::is_scope_token(scope));
        if requested.len() > MAX_SCOPES || !tokens {
            return Err(invalid("scope"));
        }
        let of_roles = statement.roles.iter().map(|role| role.scope());
        let common = self.common_scopes.iter().map(String::as_str);
        let mut granted: Vec<String> = of_roles
            .chain(common)
            .filter(|scope| requested.contains(scope))
            .map(str::to_owned)
            .collect();
        granted.sort_unstable();
        granted.dedup();
        if granted.is_empty() { Err(invalid("scope")) } else { Ok(granted) }
    }
}

impl VerifiedRequest {
    /// The client that an update is about, where it says so.
    pub(super) fn check_client(&self, client_id: &str) -> Result<(), RegisterError> {
        if self.claims.client_id.as_deref().is_none_or(|claimed| claimed == client_id) {
            Ok(())
        } else {
            Err(invalid("client_id"))
        }
    }
}

/// Keys come from the software statement's endpoint, never from the request.
fn check_keys(
    request: &RegistrationRequest,
    statement: &OwnStatement<'_>,
) -> Result<(), RegisterError> {
    if request.jwks.is_some() {
        return Err(invalid("jwks"));
    }
    let vouched = &statement.claims.software_jwks_endpoint;
    if request.jwks_uri.as_ref().is_some_and(|uri| uri != vouched) {
        return Err(invalid("jwks_uri"));
    }
    Ok(())
}

fn authentication(
    version: Version,
    request: &RegistrationRequest,
    statement: &OwnStatement<'_>,
) -> Result<Authentication, RegisterError> {
    let algorithm = request.token_endpoint_auth_signing_alg.as_deref();
    let subject = request.tls_client_auth_subject_dn.as_deref();
    if let Some(algorithm) = algorithm {
        check_algorithm("token_endpoint_auth_signing_alg", algorithm)?;
    }
    match request.token_endpoint_auth_method.as_str() {
        "private_key_jwt" => {
            if subject.is_some() {
                return Err(invalid("tls_client_auth_subject_dn"));
            }
            let algorithm = algorithm.ok_or(absent("token_endpoint_auth_signing_alg"))?;
            Ok(Authentication::PrivateKeyJwt { algorithm: algorithm.to_owned() })
        }
        "tls_client_auth" => {
            let subject = subject.ok_or(absent("tls_client_auth_subject_dn"))?;
            check_subject(version, subject, statement)?;
            Ok(Authentication::Certificate { subject: subject.to_owned() })
        }
        _ => Err(invalid("token_endpoint_auth_method")),
    }
}

/// A subject names the software or the organisation of the statement; another TPP's is refused.
fn check_subject(
    version: Version,
    subject: &str,
    statement: &OwnStatement<'_>,
) -> Result<(), RegisterError> {
    const NAME: &str = "tls_client_auth_subject_dn";
    let starts_with_name = subject.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("CN="));
    if subject.len() > version.longest_subject() || version == Version::V3_4 && !starts_with_name {
        return Err(invalid(NAME));
    }
    let subject = subject.parse::<DistinguishedName>().map_err(|_| invalid(NAME))?;
    if registrant(&statement.claims).owns(&subject) { Ok(()) } else { Err(invalid(NAME)) }
}

/// Only client credentials are served here; the others are recorded for what they are.
fn grant_types(
    version: Version,
    request: &RegistrationRequest,
) -> Result<Vec<String>, RegisterError> {
    let known = version.grant_types();
    let grant_types = distinct(request.grant_types.clone());
    if grant_types.iter().all(|grant| known.contains(&grant.as_str()))
        && grant_types.iter().any(|grant| grant == CLIENT_CREDENTIALS)
    {
        return Ok(grant_types);
    }
    Err(invalid("grant_types"))
}

fn response_types(requested: Option<Vec<String>>) -> Result<Vec<String>, RegisterError> {
    let Some(requested) = requested else { return Ok(vec![DEFAULT_RESPONSE_TYPE.to_owned()]) };
    let requested = distinct(requested);
    if requested.iter().all(|name| RESPONSE_TYPES.contains(&name.as_str())) {
        return Ok(requested);
    }
    Err(invalid("response_types"))
}

/// Members of the decoupled flow are there exactly where its grant is (OB DCR 3.3).
fn backchannel(grant_types: &[String], members: Backchannel) -> Result<Backchannel, RegisterError> {
    const MODE: &str = "backchannel_token_delivery_mode";
    const ENDPOINT: &str = "backchannel_client_notification_endpoint";
    const ALGORITHM: &str = "backchannel_authentication_request_signing_alg";
    if !grant_types.iter().any(|grant| grant == CIBA) {
        return if members == Backchannel::default() { Ok(members) } else { Err(invalid(MODE)) };
    }
    let mode = members.token_delivery_mode.as_deref().ok_or(absent(MODE))?;
    match (mode, members.client_notification_endpoint.as_deref()) {
        ("poll", None) => {}
        ("ping" | "push", None) => return Err(absent(ENDPOINT)),
        ("ping" | "push", Some(url)) if is_notification_endpoint(url) => {}
        ("poll" | "ping" | "push", Some(_)) => return Err(invalid(ENDPOINT)),
        _ => return Err(invalid(MODE)),
    }
    let algorithm = members.authentication_request_signing_alg.as_deref();
    check_algorithm(ALGORITHM, algorithm.ok_or(absent(ALGORITHM))?)?;
    if members.user_code_parameter_supported == Some(true) {
        return Err(invalid("backchannel_user_code_parameter_supported"));
    }
    Ok(members)
}

fn is_notification_endpoint(url: &str) -> bool {
    url.len() <= MAX_URL && Url::parse(url).is_ok_and(|url| url.scheme() == "https")
}

fn check_algorithm(name: &'static str, algorithm: &str) -> Result<(), RegisterError> {
    if STATEMENT_ALGORITHMS.iter().any(|known| known.as_str() == algorithm) {
        Ok(())
    } else {
        Err(invalid(name))
    }
}

fn distinct(names: Vec<String>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::with_capacity(names.len().min(MAX_SCOPES));
    for name in names {
        if !distinct.contains(&name) && distinct.len() < MAX_SCOPES {
            distinct.push(name);
        }
    }
    distinct
}

const MAX_SCOPES: usize = 32;
const MAX_URL: usize = 256;
const DEFAULT_RESPONSE_TYPE: &str = "code id_token";
const RESPONSE_TYPES: [&str; 2] = ["code", DEFAULT_RESPONSE_TYPE];
