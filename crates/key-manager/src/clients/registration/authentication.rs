//! The members that say how a client authenticates.

use super::{Fields, RegistrationError, RegistrationRules, at};
use crate::clients::{MethodName, PlainSecret, RegisteredCertificates};
use jose::{Algorithm, KeySet};
use serde_json::{Map, Value};
use service_kit::{DistinguishedName, Random};

/// The most characters of a distinguished name (OB DCR 3.4).
const MAX_SUBJECT: usize = 512;

/// A method with everything that it needs.
pub(super) struct Authentication {
    pub(super) method: MethodName,
    pub(super) algorithm: Option<Algorithm>,
    pub(super) subject: Option<String>,
    pub(super) jwks: String,
    pub(super) jwks_uri: Option<String>,
    pub(super) secret: Option<PlainSecret>,
}

impl Authentication {
    /// Reads the members; a secret is drawn for a client that is to have one.
    pub(super) fn parse(
        fields: &mut Fields,
        rules: &RegistrationRules<'_>,
        random: &dyn Random,
    ) -> Result<Self, RegistrationError> {
        let method = method(fields, rules)?;
        let algorithm = algorithm(fields)?;
        let subject = subject(fields)?;
        if method == MethodName::TlsClientAuth && subject.is_none() {
            return Err(at("tls_client_auth_subject_dn", "is required for tls_client_auth"));
        }
        let jwks_uri = jwks_uri(fields, method, rules)?;
        let jwks = jwks(fields, method, algorithm, jwks_uri.is_some())?;
        let secret = (method == MethodName::ClientSecret).then(|| PlainSecret::draw(random));
        Ok(Self { method, algorithm, subject, jwks, jwks_uri, secret })
    }
}

fn method(
    fields: &mut Fields,
    rules: &RegistrationRules<'_>,
) -> Result<MethodName, RegistrationError> {
    const FIELD: &str = "token_endpoint_auth_method";
    let Some(name) = fields.take::<String>(FIELD)? else { return Ok(MethodName::PrivateKeyJwt) };
    let method = name.parse().map_err(|_| {
        at(
            FIELD,
            "must be private_key_jwt, tls_client_auth, self_signed_tls_client_auth or client_secret",
        )
    })?;
    if method == MethodName::ClientSecret && !rules.allow_client_secrets {
        return Err(at(FIELD, "may be client_secret in a sandbox alone"));
    }
    Ok(method)
}

fn algorithm(fields: &mut Fields) -> Result<Option<Algorithm>, RegistrationError> {
    const FIELD: &str = "token_endpoint_auth_signing_alg";
    fields
        .take::<String>(FIELD)?
        .map(|name| name.parse().map_err(|_| at(FIELD, "must be PS256, ES256 or RS256")))
        .transpose()
}

fn subject(fields: &mut Fields) -> Result<Option<String>, RegistrationError> {
    const FIELD: &str = "tls_client_auth_subject_dn";
    let text = fields.take::<String>(FIELD)?;
    if let Some(text) = &text {
        let unusable = || at(FIELD, "must be a distinguished name of at most 512 characters");
        if text.len() > MAX_SUBJECT {
            return Err(unusable());
        }
        text.parse::<DistinguishedName>().map_err(|_| unusable())?;
    }
    Ok(text)
}

fn jwks_uri(
    fields: &mut Fields,
    method: MethodName,
    rules: &RegistrationRules<'_>,
) -> Result<Option<String>, RegistrationError> {
    const FIELD: &str = "jwks_uri";
    let uri = fields.take::<String>(FIELD)?;
    if let Some(uri) = &uri {
        if method != MethodName::PrivateKeyJwt {
            return Err(at(FIELD, "is for private_key_jwt alone"));
        }
        rules.remote_keys.check(uri).map_err(|error| at(FIELD, error.to_string()))?;
    }
    Ok(uri)
}

/// Keys in the registration or at an address, never both (RFC 7591 §2).
fn jwks(
    fields: &mut Fields,
    method: MethodName,
    algorithm: Option<Algorithm>,
    has_uri: bool,
) -> Result<String, RegistrationError> {
    const FIELD: &str = "jwks";
    let Some(jwks) = fields.take::<Map<String, Value>>(FIELD)? else {
        return match method {
            MethodName::PrivateKeyJwt if !has_uri => Err(at(FIELD, "is required")),
            MethodName::SelfSignedTlsClientAuth => {
                Err(at(FIELD, "is required for self_signed_tls_client_auth"))
            }
            _ => Ok(NO_KEYS.to_owned()),
        };
    };
    if has_uri {
        return Err(at(FIELD, "must not stand beside jwks_uri"));
    }
    let text = Value::Object(jwks).to_string();
    let keys = KeySet::parse(&text).map_err(|error| at(FIELD, error.to_string()))?;
    let usable = |key: &jose::VerificationKey| algorithm.is_none_or(|alg| key.fits(alg));
    if method == MethodName::PrivateKeyJwt && !keys.keys().iter().any(usable) {
        return Err(at(FIELD, "has no key that could sign assertions"));
    }
    if method == MethodName::SelfSignedTlsClientAuth {
        RegisteredCertificates::parse(&text)
            .map_err(|_| at(FIELD, "has no certificate in x5c, or one of another key"))?;
    }
    Ok(text)
}

const NO_KEYS: &str = r#"{"keys":[]}"#;
