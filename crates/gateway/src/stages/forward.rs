//! Passing an allowed call on.

use super::checked::Checked;
use super::location::PublicLocation;
use super::route::Call;
use super::upstream_headers::upstream_headers;
use crate::refusal::Refusal;
use crate::snapshot::Api;
use actix_web::http::header::{
    HeaderMap as AnswerHeaders, HeaderName as AnswerName, LOCATION, SERVER,
};
use actix_web::{HttpRequest, HttpResponse, web};
use service_kit::InteractionId;
use service_kit::interaction_id::INTERACTION_ID_HEADER;
use service_kit::outbound::{ForwardTarget, Forwarder};

/// Connections to upstreams and what they may be sent; one for each worker.
#[derive(Debug)]
pub(crate) struct Upstreams {
    pub(crate) forwarder: Forwarder,
    pub(crate) body_limit: usize,
}

/// Sends the call to its upstream, in the path's routed form and with the headers that the
/// upstream believes set here; streams the answer back.
pub(crate) async fn forward(
    checked: Checked<'_>,
    request: &HttpRequest,
    payload: web::Payload,
    upstreams: &Upstreams,
    interaction_id: &InteractionId,
) -> Result<HttpResponse, Refusal> {
    let api = checked.call().api();
    let target = ForwardTarget {
        url: url(checked.call(), request.uri().query()),
        headers: upstream_headers(&checked, request, interaction_id),
        timeout: api.definition.timeout,
    };
    let forwarded = upstreams.forwarder.forward(request, payload, upstreams.body_limit, target);
    let mut answer = forwarded.await?;
    hide_upstream(answer.headers_mut(), api);
    Ok(answer)
}

fn url(call: &Call<'_>, query: Option<&str>) -> String {
    let upstream = call.api().definition.upstream.as_str();
    let path = call.path_below_context();
    match query {
        Some(query) => [upstream, path, "?", query].concat(),
        None => [upstream, path].concat(),
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

const POWERED_BY: AnswerName = AnswerName::from_static("x-powered-by");
