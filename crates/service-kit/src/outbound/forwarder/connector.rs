//! Connections to upstreams.

use crate::outbound::{ServiceIdentity, tls};
use http::Uri;
use hyper_openssl::client::legacy::{HttpsConnector, MaybeHttpsStream};
use hyper_util::{client::legacy::connect::HttpConnector, rt::TokioIo};
use openssl::error::ErrorStack;
use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{net::TcpStream, time::timeout};
use tower_service::Service;

/// TCP, and TLS for `https`, both within [`CONNECT_TIMEOUT`].
#[derive(Clone)]
pub(super) struct UpstreamConnector {
    inner: HttpsConnector<HttpConnector>,
}

impl UpstreamConnector {
    /// Shows `identity` and trusts its CA alone; TLS 1.2 and above.
    pub(super) fn new(identity: &ServiceIdentity) -> Result<Self, ErrorStack> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);

        let tls = tls::builder(identity)?;
        Ok(Self { inner: HttpsConnector::with_connector(tcp, tls)? })
    }
}

impl Service<Uri> for UpstreamConnector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.inner.call(uri);
        Box::pin(async move {
            timeout(CONNECT_TIMEOUT, connecting).await.map_err(|_| "no connection in time")?
        })
    }
}

/// TCP and the TLS handshake together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
