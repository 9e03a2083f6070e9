//! A server that forwards everything, as a role does.

use crate::upstream::Connection;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, error::PayloadError, web};
use certificates::ServiceRole;
use service_kit::outbound::{
    ForwardError, ForwardTarget, Forwarder, HeaderValue, end_to_end_headers,
};
use std::{net::SocketAddr, time::Duration};
use test_kit::TestPki;

/// Above what is read whole, so that streaming is tested.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;

/// Forwards to `upstream` (a base URL) with an identity of `pki`.
pub(crate) fn start(pki: &TestPki, upstream: &str, timeout: Duration) -> SocketAddr {
    let forwarder =
        Forwarder::new(&pki.service_identity(ServiceRole::Gateway)).expect("an identity");
    start_with(forwarder, upstream, timeout)
}

/// Forwards to `upstream` (a base URL) by `forwarder`.
pub(crate) fn start_with(forwarder: Forwarder, upstream: &str, timeout: Duration) -> SocketAddr {
    let upstream = upstream.to_owned();
    let server = HttpServer::new(move || {
        let front =
            Front { forwarder: forwarder.for_worker(), upstream: upstream.clone(), timeout };
        App::new().app_data(web::Data::new(front)).default_service(web::to(forward))
    })
    .workers(1)
    .disable_signals()
    .h1_allow_half_closed(false)
    .bind(("127.0.0.1", 0))
    .expect("a free port");
    let address = server.addrs()[0];
    tokio::spawn(server.run());
    address
}

/// Forwards to `upstream` within a minute, which no test waits for.
pub(crate) fn patient(upstream: &str) -> SocketAddr {
    start(&TestPki::new(), upstream, Duration::from_mins(1))
}

/// Sends one raw request and reads the answer to the end of the connection.
pub(crate) async fn answer(front: SocketAddr, request: &str) -> String {
    let mut client = Connection::to(front).await;
    client.write(request).await;
    String::from_utf8_lossy(&client.until_closed().await).into_owned()
}

pub(crate) const GET: &str = "GET /a?b=c HTTP/1.1\r\nHost: front\r\nConnection: close\r\n\r\n";

struct Front {
    forwarder: Forwarder,
    upstream: String,
    timeout: Duration,
}

async fn forward(
    request: HttpRequest,
    payload: web::Payload,
    front: web::Data<Front>,
) -> HttpResponse {
    let mut headers = end_to_end_headers(&request, |name| !name.starts_with("x-wso2-"));
    headers.insert("x-ours", HeaderValue::from_static("set by the front"));
    let url = format!("{}{}", front.upstream, request.uri());
    let target = ForwardTarget { url, headers, timeout: front.timeout };
    match front.forwarder.forward(&request, payload, BODY_LIMIT, target).await {
        Ok(answer) => answer,
        Err(ForwardError::ClientBody(PayloadError::Overflow)) => {
            HttpResponse::PayloadTooLarge().finish()
        }
        Err(ForwardError::ClientBody(error)) => HttpResponse::BadRequest().body(error.to_string()),
        Err(ForwardError::Connect(reason)) => HttpResponse::ServiceUnavailable().body(reason),
        Err(ForwardError::Timeout) => HttpResponse::GatewayTimeout().finish(),
        Err(error) => HttpResponse::BadGateway().body(error.to_string()),
    }
}
