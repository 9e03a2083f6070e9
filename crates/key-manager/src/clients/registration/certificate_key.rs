//! The key of an uploaded certificate among the keys of its client.

use super::{RegistrationError, at};
use crate::clients::MethodName;
use crate::store::ClientRecord;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jose::{Algorithm, KeySet, PublicJwk, VerificationKey};
use serde_json::{Map, Value, json};

/// `client` with the key of the certificate `der`, and the certificate as its `x5c`, among its keys;
/// `client` itself where it has it. None for a client that authenticates with something else: with keys
/// that are elsewhere, with its subject, with a secret, with keys for another algorithm.
pub(crate) fn with_key_of(
    client: &ClientRecord,
    der: &[u8],
) -> Result<Option<ClientRecord>, RegistrationError> {
    let key = VerificationKey::from_certificate(der);
    let takes_key = match client.token_endpoint_auth_method.parse() {
        Ok(MethodName::SelfSignedTlsClientAuth) => true,
        Ok(MethodName::PrivateKeyJwt) if client.jwks_uri.is_none() => {
            key.as_ref().is_ok_and(|key| algorithm(client).is_none_or(|alg| key.fits(alg)))
        }
        _ => false,
    };
    if !takes_key {
        return Ok(None);
    }
    let mut document: Map<String, Value> =
        jose::from_str_strict(&client.jwks).map_err(|error| at("jwks", error.to_string()))?;
    let keys = document.get_mut("keys").and_then(Value::as_array_mut);
    let keys = keys.ok_or_else(|| at("jwks", "has no keys"))?;
    let encoded = STANDARD.encode(der);
    if keys.iter().any(|key| key["x5c"][0] == encoded.as_str()) {
        return Ok(Some(client.clone()));
    }
    let added = jwk(client, der)?;
    // Another key under the thumbprint of this very certificate stood for it.
    keys.retain(|key| key["kid"] != added["kid"]);
    keys.push(added);
    let jwks = Value::Object(document).to_string();
    KeySet::parse(&jwks).map_err(|error| at("pem", error.to_string()))?;
    Ok(Some(ClientRecord { jwks, ..client.clone() }))
}

fn jwk(client: &ClientRecord, der: &[u8]) -> Result<Value, RegistrationError> {
    let unusable = |reason: String| at("pem", reason);
    let jwk = PublicJwk::of_certificate(der).map_err(|error| unusable(error.to_string()))?;
    let mut jwk = serde_json::to_value(jwk).map_err(|error| unusable(error.to_string()))?;
    if let Some(algorithm) = algorithm(client) {
        jwk["alg"] = json!(algorithm.to_string());
    }
    Ok(jwk)
}

/// What the client signs with, where that is registered.
fn algorithm(client: &ClientRecord) -> Option<Algorithm> {
    client.token_endpoint_auth_signing_alg.as_deref()?.parse().ok()
}
