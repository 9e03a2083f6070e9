//! Authorization-server metadata (RFC 8414), also where OpenID Connect Discovery 1.0 looks for it.

use crate::authentication::ASSERTION_ALGORITHMS;
use crate::key_manager::Server;
use crate::paths;
use crate::token::GRANT_TYPE;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use jose::Algorithm;
use serde::Serialize;

/// What the server can do: nothing that it cannot.
#[derive(Debug, Serialize)]
struct Metadata<'m> {
    issuer: &'m str,
    token_endpoint: &'m str,
    jwks_uri: &'m str,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_endpoint: Option<&'m str>,
    scopes_supported: &'m [&'m str],
    /// Required by RFC 8414 §2, and §3.2 lets no list be empty: without an authorization endpoint it
    /// is `none`, the response that holds nothing.
    response_types_supported: [&'m str; 1],
    grant_types_supported: [&'m str; 1],
    /// `sub` is the same for every client.
    subject_types_supported: [&'m str; 1],
    token_endpoint_auth_methods_supported: &'m [&'m str],
    token_endpoint_auth_signing_alg_values_supported: [Algorithm; 2],
    revocation_endpoint: &'m str,
    revocation_endpoint_auth_methods_supported: &'m [&'m str],
    revocation_endpoint_auth_signing_alg_values_supported: [Algorithm; 2],
    introspection_endpoint: &'m str,
    introspection_endpoint_auth_methods_supported: &'m [&'m str],
    introspection_endpoint_auth_signing_alg_values_supported: [Algorithm; 2],
    tls_client_certificate_bound_access_tokens: bool,
    /// Where it is absent, OpenID Connect takes it for true.
    request_uri_parameter_supported: bool,
}

/// `GET` of either discovery path.
pub(crate) async fn get(server: web::Data<Server>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .body(server.discovery.clone())
}

/// The document of the server whose public address is `identity_url`.
pub(crate) fn document(
    identity_url: &str,
    issuer: &str,
    registration_endpoint: Option<&str>,
    common_scopes: &[String],
    allow_client_secrets: bool,
) -> Result<web::Bytes, serde_json::Error> {
    let jwks_uri = format!("{identity_url}{}", paths::JWKS);
    let mut scopes = vec!["accounts", "fundsconfirmations", "payments"];
    scopes.extend(common_scopes.iter().map(String::as_str));
    let methods = methods(allow_client_secrets);
    let metadata = Metadata {
        issuer,
        token_endpoint: issuer,
        jwks_uri: &jwks_uri,
        registration_endpoint,
        scopes_supported: &scopes,
        response_types_supported: ["none"],
        grant_types_supported: [GRANT_TYPE],
        subject_types_supported: ["public"],
        token_endpoint_auth_methods_supported: methods,
        token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
        revocation_endpoint: &format!("{identity_url}{}", paths::REVOKE),
        revocation_endpoint_auth_methods_supported: methods,
        revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
        introspection_endpoint: &format!("{identity_url}{}", paths::INTROSPECT),
        introspection_endpoint_auth_methods_supported: methods,
        introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
        tls_client_certificate_bound_access_tokens: true,
        request_uri_parameter_supported: false,
    };
    serde_json::to_vec(&metadata).map(web::Bytes::from)
}

/// The methods that clients may have registered, secrets only where they are let in.
fn methods(allow_client_secrets: bool) -> &'static [&'static str] {
    const METHODS: [&str; 5] = [
        "private_key_jwt",
        "tls_client_auth",
        "self_signed_tls_client_auth",
        "client_secret_basic",
        "client_secret_post",
    ];
    if allow_client_secrets { &METHODS } else { &METHODS[..3] }
}
