//! What a registration answers: effective metadata, then the statement's claims.

use super::metadata::{Authentication, EffectiveMetadata};
use super::software_statement::OwnStatement;
use open_banking_types::registration::Backchannel;
use serde_json::{Map, Value, json};

/// The answer of POST, GET and PUT (RFC 7591 §3.2.1, OB DCR 3.3).
pub(super) fn document(
    client_id: &str,
    issued_at: i64,
    metadata: &EffectiveMetadata,
    statement: &OwnStatement<'_>,
) -> String {
    let mut members = Map::new();
    members.insert("client_id".to_owned(), client_id.into());
    members.insert("client_id_issued_at".to_owned(), issued_at.into());
    members.extend(effective(metadata));
    members.insert("software_id".to_owned(), statement.claims.software_id.as_str().into());
    for (name, value) in &statement.claims.all {
        if is_of_statement(name) && !members.contains_key(name) {
            members.insert(name.clone(), value.clone());
        }
    }
    members.insert("software_statement".to_owned(), statement.compact.as_str().into());
    Value::Object(members).to_string()
}

/// Claims about the statement itself say nothing of the client; metadata and credentials are this
/// server's to say, whatever a statement holds.
fn is_of_statement(name: &str) -> bool {
    const NOT_ITS_OWN: [&str; 7] = ["iss", "iat", "exp", "nbf", "aud", "jti", "sub"];
    const OURS: [&str; 3] = ["client_", "registration_", "token_endpoint_"];
    !NOT_ITS_OWN.contains(&name) && !OURS.iter().any(|prefix| name.starts_with(prefix))
}

fn effective(metadata: &EffectiveMetadata) -> Map<String, Value> {
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("redirect_uris", json!(metadata.redirect_uris));
    match &metadata.authentication {
        Authentication::PrivateKeyJwt { algorithm } => {
            put("token_endpoint_auth_method", "private_key_jwt".into());
            put("token_endpoint_auth_signing_alg", algorithm.as_str().into());
        }
        Authentication::Certificate { subject } => {
            put("token_endpoint_auth_method", "tls_client_auth".into());
            put("tls_client_auth_subject_dn", subject.as_str().into());
        }
    }
    put("grant_types", json!(metadata.grant_types));
    put("response_types", json!(metadata.response_types));
    put("scope", metadata.scopes.join(" ").into());
    put("application_type", metadata.application_type.as_str().into());
    put("id_token_signed_response_alg", metadata.id_token_signed_response_alg.as_str().into());
    put("request_object_signing_alg", metadata.request_object_signing_alg.as_str().into());
    members.extend(of_decoupled_flow(&metadata.backchannel));
    members
}

fn of_decoupled_flow(members: &Backchannel) -> impl Iterator<Item = (String, Value)> {
    let texts = [
        ("backchannel_token_delivery_mode", &members.token_delivery_mode),
        ("backchannel_client_notification_endpoint", &members.client_notification_endpoint),
        (
            "backchannel_authentication_request_signing_alg",
            &members.authentication_request_signing_alg,
        ),
    ];
    let texts: Vec<_> = texts
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), Value::from(value.clone()?))))
        .collect();
    let user_code = members.user_code_parameter_supported.map(|supported| {
        ("backchannel_user_code_parameter_supported".to_owned(), Value::from(supported))
    });
    texts.into_iter().chain(user_code)
}
