//! What an upstream is told: the client's own headers, and those it believes from us alone.

use super::checked::Checked;
use actix_web::HttpRequest;
use actix_web::http::header as inbound;
use service_kit::client_certificate::header;
use service_kit::interaction_id::INTERACTION_ID_HEADER;
use service_kit::outbound::{HeaderMap, HeaderName, HeaderValue, end_to_end_headers};
use service_kit::{ClientCertificate, InteractionId};
use std::borrow::Cow;

/// The client's headers without those that are [ours to say](is_ours_to_say), then ours. What
/// stands in the client's `Connection` cannot take those away.
pub(super) fn upstream_headers(
    checked: &Checked<'_>,
    request: &HttpRequest,
    interaction_id: &InteractionId,
) -> HeaderMap {
    let mut headers = end_to_end_headers(request, |name| !is_ours_to_say(name));
    if let Ok(value) = HeaderValue::from_str(interaction_id.as_str()) {
        headers.insert(INTERACTION_ID, value);
    }
    let api = &checked.call().api().definition;
    if api.forward_certificate
        && let Some(value) = client_cert(checked.certificate())
    {
        headers.insert(CLIENT_CERT, value);
    }
    if let Checked::Allowed(allowed) = checked {
        headers.insert(CLIENT_ID, allowed.token().client_id_header().clone());
        if api.forward_authorization
            && let Some(verified) = authorization(request)
        {
            headers.insert(AUTHORIZATION, verified);
        }
    }
    headers
}

/// None for a certificate so large that no upstream would read it.
fn client_cert(certificate: &ClientCertificate) -> Option<HeaderValue> {
    let der = certificate.der();
    (der.len() <= header::LARGEST_CERTIFICATE)
        .then(|| HeaderValue::from_str(&header::format(der)).ok())
        .flatten()
}

/// The one that was verified: a second one would have been refused.
fn authorization(request: &HttpRequest) -> Option<HeaderValue> {
    let value = request.headers().get(inbound::AUTHORIZATION)?;
    let mut value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Whether an upstream takes this header as the gateway's word, in any spelling: some servers read
/// every character that is neither a letter nor a digit as `-`.
fn is_ours_to_say(name: &str) -> bool {
    let name = with_dashes(name);
    let prefixes = ["x-wso2-", "x-forwarded-", "x-ssl-", "ssl-", "x-tls-", "tls-", "x-amzn-mtls-"];
    let parts = [
        "client-cert",
        "clientcert",
        "client-dn",
        "client-s-dn",
        "client-verify",
        "mutual-auth-cert",
        "peer-cert",
    ];
    ["authorization", "forwarded", "x-real-ip", "x-jwt-assertion", INTERACTION_ID_HEADER]
        .contains(&name.as_ref())
        || prefixes.iter().any(|prefix| name.starts_with(prefix))
        || parts.iter().any(|part| name.contains(part))
}

fn with_dashes(name: &str) -> Cow<'_, str> {
    let is_odd = |byte: char| !byte.is_ascii_alphanumeric() && byte != '-';
    if name.contains(is_odd) { name.replace(is_odd, "-").into() } else { name.into() }
}

const AUTHORIZATION: HeaderName = HeaderName::from_static("authorization");
const CLIENT_CERT: HeaderName = HeaderName::from_static(header::NAME);
const CLIENT_ID: HeaderName = HeaderName::from_static("x-wso2-client-id");
const INTERACTION_ID: HeaderName = HeaderName::from_static(INTERACTION_ID_HEADER);
