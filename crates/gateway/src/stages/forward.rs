//! Passing an allowed call on.

use super::location::PublicLocation;
use super::scope::Allowed;
use crate::refusal::Refusal;
use crate::snapshot::Api;
use actix_web::http::header::{
    HeaderMap as AnswerHeaders, HeaderName as AnswerName, LOCATION, SERVER,
};
use actix_web::{HttpRequest, HttpResponse, web};
use service_kit::InteractionId;
use service_kit::interaction_id::INTERACTION_ID_HEADER;
use service_kit::outbound::{
    ForwardTarget, Forwarder, HeaderMap, HeaderName, HeaderValue, end_to_end_headers,
};
use std::borrow::Cow;

/// Connections to upstreams and what they may be sent; one for each worker.
#[derive(Debug)]
pub(crate) struct Upstreams {
    pub(crate) forwarder: Forwarder,
    pub(crate) body_limit: usize,
}

/// Sends the call to its upstream, in the path's routed form and with the headers that the
/// upstream believes set here; streams the answer back.
pub(crate) async fn forward(
    allowed: Allowed<'_>,
    request: &HttpRequest,
    payload: web::Payload,
    upstreams: &Upstreams,
    interaction_id: &InteractionId,
) -> Result<HttpResponse, Refusal> {
    let api = allowed.routed().api();
    let target = ForwardTarget {
        url: url(&allowed, request.uri().query()),
        headers: headers(&allowed, request, interaction_id),
        timeout: api.definition.timeout,
    };
    let forwarded = upstreams.forwarder.forward(request, payload, upstreams.body_limit, target);
    let mut answer = forwarded.await?;
    hide_upstream(answer.headers_mut(), api);
    Ok(answer)
}

fn url(allowed: &Allowed<'_>, query: Option<&str>) -> String {
    let upstream = allowed.routed().api().definition.upstream.as_str();
    let path = allowed.routed().path_below_context();
    match query {
        Some(query) => [upstream, path, "?", query].concat(),
        None => [upstream, path].concat(),
    }
}

fn headers(
    allowed: &Allowed<'_>,
    request: &HttpRequest,
    interaction_id: &InteractionId,
) -> HeaderMap {
    let mut headers = end_to_end_headers(request, |name| !is_ours_to_say(name));
    headers.insert(CLIENT_ID, allowed.token().client_id_header().clone());
    if let Ok(value) = HeaderValue::from_str(interaction_id.as_str()) {
        headers.insert(INTERACTION_ID, value);
    }
    headers
}

/// Whether an upstream takes this header as the gateway's word, in any spelling: some servers read
/// `_` as `-`.
fn is_ours_to_say(name: &str) -> bool {
    let name = if name.contains('_') { Cow::Owned(name.replace('_', "-")) } else { name.into() };
    match name.as_bytes() {
        b"authorization" | b"forwarded" | b"x-real-ip" | b"x-jwt-assertion" => true,
        _ => {
            let prefixes = ["x-wso2-", "x-forwarded-", "x-ssl-", "ssl-client-", "x-amzn-mtls-"];
            *name == *INTERACTION_ID_HEADER
                || prefixes.iter().any(|prefix| name.starts_with(prefix))
                || name.contains("client-cert")
                || name.contains("clientcert")
                || name.contains("mutual-auth-cert")
                || name.contains("client-dn")
        }
    }
}

/// Takes away what tells about the inside: software, internal names, our own headers' copies.
fn hide_upstream(headers: &mut AnswerHeaders, api: &Api) {
    headers.remove(SERVER);
    headers.remove(POWERED_BY);
    headers.remove(INTERACTION_ID_HEADER);
    let Some(location) = headers.get(LOCATION) else { return };
    match PublicLocation::of(location, &api.definition) {
        PublicLocation::Elsewhere => {}
        PublicLocation::Below(public) => drop(headers.insert(LOCATION, public)),
        PublicLocation::Inside => drop(headers.remove(LOCATION)),
    }
}

const CLIENT_ID: HeaderName = HeaderName::from_static("x-wso2-client-id");
const INTERACTION_ID: HeaderName = HeaderName::from_static(INTERACTION_ID_HEADER);
const POWERED_BY: AnswerName = AnswerName::from_static("x-powered-by");
