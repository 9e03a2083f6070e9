//! The operations listener: plain HTTP on loopback; `/health/live`, `/health/ready`, `/metrics`.

use crate::{
    errors::problem::problem, health::Readiness, shutdown::StopSignal, telemetry::Metrics,
};
use actix_web::{
    App, HttpResponse, HttpServer,
    dev::Server,
    http::{KeepAlive, StatusCode, header::CONTENT_TYPE},
    web,
};
use serde::Serialize;
use std::{io, net::SocketAddr, time::Duration};

/// Where operators ask how the process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperationsOptions {
    /// Address and port; port 0 takes a free one.
    pub bind: SocketAddr,
    /// Whether an address that is not loopback is accepted. The listener has neither TLS nor access
    /// control, so only where nobody else can reach it.
    pub allow_non_loopback: bool,
}

/// Serves in the background until `stop`, and returns the bound address. Must be called within a
/// tokio runtime.
pub fn serve(
    options: OperationsOptions,
    readiness: Readiness,
    metrics: Metrics,
    stop: StopSignal,
) -> io::Result<SocketAddr> {
    if !options.bind.ip().is_loopback() && !options.allow_non_loopback {
        let reason = format!("operations listener refused on {}: not loopback", options.bind);
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    }
    let (tidied, state) = (metrics.clone(), Operations { readiness, metrics });
    let server = HttpServer::new(move || {
        let state = web::Data::new(state.clone());
        App::new().app_data(state).configure(routes)
    })
    .workers(1)
    .disable_signals()
    .keep_alive(KeepAlive::Timeout(TIMEOUT))
    .client_request_timeout(TIMEOUT)
    .shutdown_timeout(1)
    .max_connections(CONNECTIONS)
    .bind(options.bind)?;
    let address = server.addrs().first().copied().unwrap_or(options.bind);
    tokio::spawn(run(server.run(), tidied, stop));
    Ok(address)
}

#[derive(Clone)]
struct Operations {
    readiness: Readiness,
    metrics: Metrics,
}

async fn run(server: Server, metrics: Metrics, mut stop: StopSignal) {
    let handle = server.handle();
    let tidying = async {
        let mut interval = tokio::time::interval(TIMEOUT);
        loop {
            interval.tick().await;
            metrics.tidy();
        }
    };
    tokio::select! {
        _ = server => {}
        () = tidying => {}
        () = stop.stopped() => handle.stop(false).await,
    }
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/health/live", web::get().to(live))
        .route("/health/ready", web::get().to(ready))
        .route("/metrics", web::get().to(prometheus))
        .default_service(web::to(|| async {
            problem(
                StatusCode::NOT_FOUND,
                "not_found",
                "Ask /health/live, /health/ready or /metrics.",
            )
        }));
}

/// 200 as long as the process answers at all.
async fn live() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "live": true }))
}

/// 200, or 503 with the gates that are closed.
async fn ready(state: web::Data<Operations>) -> HttpResponse {
    let closed = state.readiness.closed();
    let ready = closed.is_empty();
    let closed = closed.into_iter().map(|(gate, reason)| ClosedGate { gate, reason }).collect();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    HttpResponse::build(status).json(ReadyReport { ready, closed })
}

/// Prometheus's text format, version 0.0.4.
async fn prometheus(state: web::Data<Operations>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(state.metrics.render())
}

#[derive(Serialize)]
struct ReadyReport {
    ready: bool,
    closed: Vec<ClosedGate>,
}

#[derive(Serialize)]
struct ClosedGate {
    gate: &'static str,
    reason: String,
}

const TIMEOUT: Duration = Duration::from_secs(5);
const CONNECTIONS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shutdown::Shutdown;
    use std::net::Ipv4Addr;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    fn options(ip: Ipv4Addr) -> OperationsOptions {
        OperationsOptions { bind: (ip, 0).into(), allow_non_loopback: false }
    }

    async fn get(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).await.expect("a listener");
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("a reader");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        answer
    }

    #[tokio::test]
    async fn an_address_that_is_not_loopback_is_refused() {
        let shutdown = Shutdown::new();
        let refused = serve(
            options(Ipv4Addr::UNSPECIFIED),
            Readiness::default(),
            Metrics::detached(),
            shutdown.signal(),
        );
        assert_eq!(refused.expect_err("not loopback").kind(), io::ErrorKind::PermissionDenied);
    }

    #[tokio::test]
    async fn readiness_lists_the_closed_gates_and_metrics_are_text() {
        let (shutdown, readiness) = (Shutdown::new(), Readiness::default());
        let gate = readiness.gate("database");
        let address =
            serve(options(Ipv4Addr::LOCALHOST), readiness, Metrics::detached(), shutdown.signal())
                .expect("a free port");

        assert!(get(address, "/health/live").await.starts_with("HTTP/1.1 200 "));
        gate.close("gone");
        let answer = get(address, "/health/ready").await;
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        let body = r#"{"ready":false,"closed":[{"gate":"database","reason":"gone"}]}"#;
        assert!(answer.ends_with(body), "{answer}");
        gate.open();
        let answer = get(address, "/health/ready").await;
        assert!(
            answer.starts_with("HTTP/1.1 200 ") && answer.contains(r#""ready":true"#),
            "{answer}"
        );
        let answer = get(address, "/metrics").await;
        assert!(answer.contains("content-type: text/plain; version=0.0.4"), "{answer}");
        assert!(get(address, "/").await.starts_with("HTTP/1.1 404 "));
    }
}
