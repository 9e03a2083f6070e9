//! Forwarding a request to an upstream, streaming both bodies.

mod answer;
mod connector;
mod headers;
mod upload;

pub use headers::end_to_end_headers;

use self::{
    connector::UpstreamConnector,
    upload::{Upload, UpstreamBody},
};
use super::{HeaderMap, HeaderValue, PeerError, ServiceIdentity, service::describe};
use actix_web::{HttpRequest, HttpResponse, web};
use arc_swap::{ArcSwap, Guard};
use http::{Method, Request, Response, Uri, header::CONTENT_LENGTH};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, Error as ClientError},
    rt::{TokioExecutor, TokioTimer},
};
use std::{error::Error, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};

/// A pooled HTTP/1.1 client towards upstreams: mutual TLS with the service identity for `https`,
/// plain for `http`.
///
/// Cheap to clone; clones share their identity and their connections. One pool per worker thread costs less than a
/// shared one, so a role makes its own with [`Forwarder::for_worker`] inside its routes closure,
/// which runs once per worker.
#[derive(Clone)]
pub struct Forwarder {
    /// Shared with those of the other workers.
    connector: Arc<ArcSwap<UpstreamConnector>>,
    pool: Arc<ArcSwap<Pool>>,
}

/// Connections that were made with one identity.
struct Pool {
    connector: Arc<UpstreamConnector>,
    client: Client<UpstreamConnector, UpstreamBody>,
}

/// Where a request goes.
#[derive(Clone, Debug)]
pub struct ForwardTarget {
    /// Absolute URL with path and query.
    pub url: String,
    /// The headers to send, in full, but for `Host` and the framing, which are set here: what
    /// [`end_to_end_headers`] kept of the client's, then the caller's own.
    pub headers: HeaderMap,
    /// How long the upstream may take for its head, and between two pieces of its body.
    pub timeout: Duration,
}

/// Why an upstream gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForwardError {
    /// Not HTTP, a broken head, or a short answer that broke off.
    #[error("broken answer: {0}")]
    BrokenAnswer(String),
    /// The client's own body failed or was too large ([`Overflow`]).
    ///
    /// [`Overflow`]: actix_web::error::PayloadError::Overflow
    #[error("client body: {0}")]
    ClientBody(actix_web::error::PayloadError),
    /// No connection; nothing was sent.
    #[error("no connection: {0}")]
    Connect(String),
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
}

impl Forwarder {
    /// A forwarder with `identity`.
    pub fn new(identity: &ServiceIdentity) -> Result<Self, PeerError> {
        Ok(Self::with_connector(Arc::new(ArcSwap::new(connector(identity)?))))
    }

    /// Shows `identity` from now on, at those of the other workers too; what is under way ends on the
    /// old connections. On an error the old identity stays.
    pub fn replace_identity(&self, identity: &ServiceIdentity) -> Result<(), PeerError> {
        self.connector.store(connector(identity)?);
        Ok(())
    }

    /// A forwarder with the same identity and connections of its own.
    #[must_use]
    pub fn for_worker(&self) -> Self {
        Self::with_connector(Arc::clone(&self.connector))
    }

    /// Forwards `request` with `payload` (at most `body_limit` bytes) and streams the answer back with
    /// the upstream's end-to-end headers.
    ///
    /// Small bodies of known length are read whole before the upstream is called; larger ones are
    /// streamed. A body that breaks off reaches the upstream as one that breaks off, never as a
    /// complete one. A client that leaves cancels the upstream call. Sent again, once more, is only
    /// a request of which nothing was sent because its pooled connection had been closed.
    pub async fn forward(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
        body_limit: usize,
        target: ForwardTarget,
    ) -> Result<HttpResponse, ForwardError> {
        let method = Method::from_bytes(request.method().as_str().as_bytes())
            .map_err(|error| ForwardError::Connect(error.to_string()))?;
        let uri = Uri::try_from(target.url)
            .map_err(|error| ForwardError::Connect(format!("not a URL: {error}")))?;
        let head = method == Method::HEAD;
        let (body, upload) =
            Upload::start(request, payload, body_limit).await.map_err(ForwardError::ClientBody)?;

        let mut outgoing = Request::new(body);
        *outgoing.method_mut() = method;
        *outgoing.uri_mut() = uri;
        *outgoing.headers_mut() = target.headers;
        headers::remove_per_hop(outgoing.headers_mut());
        if upload::is_declared_empty(request) {
            // hyper says nothing of a body that is not there, and some servers then answer 411.
            outgoing.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }

        let answer = self.call(outgoing, &upload, target.timeout).await?;
        answer::relay(answer, head, upload, target.timeout).await
    }

    fn with_connector(connector: Arc<ArcSwap<UpstreamConnector>>) -> Self {
        let pool = Arc::new(ArcSwap::from_pointee(Pool::new(connector.load_full())));
        Self { connector, pool }
    }

    /// The connections of the present identity. Peers judge those of an earlier one by its
    /// certificate, which may have expired since.
    fn pool(&self) -> Guard<Arc<Pool>> {
        let pool = self.pool.load();
        if Arc::ptr_eq(&pool.connector, &self.connector.load()) {
            return pool;
        }
        self.pool.store(Arc::new(Pool::new(self.connector.load_full())));
        self.pool.load()
    }

    async fn call(
        &self,
        outgoing: Request<UpstreamBody>,
        upload: &Upload,
        limit: Duration,
    ) -> Result<Response<Incoming>, ForwardError> {
        let mut call = self.pool().client.request(outgoing);
        let mut waiting_since = Instant::now();
        loop {
            match timeout_at(waiting_since + limit, &mut call).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => {
                    return Err(upload
                        .take_fault()
                        .map_or_else(|| classify(&error), ForwardError::ClientBody));
                }
                // While the client still sends, the upstream is not late.
                Err(_) if upload.last_progress() > waiting_since => {
                    waiting_since = upload.last_progress();
                }
                Err(_) => return Err(ForwardError::Timeout),
            }
        }
    }
}

impl Pool {
    fn new(connector: Arc<UpstreamConnector>) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .http1_max_buf_size(BUFFER_LIMIT)
            .build(UpstreamConnector::clone(&connector));
        Self { connector, client }
    }
}

fn connector(identity: &ServiceIdentity) -> Result<Arc<UpstreamConnector>, PeerError> {
    UpstreamConnector::new(identity)
        .map(Arc::new)
        .map_err(|error| PeerError::Identity(error.to_string()))
}

impl std::fmt::Debug for Forwarder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Forwarder")
    }
}

fn classify(error: &ClientError) -> ForwardError {
    let nothing_sent = error
        .source()
        .and_then(|source| source.downcast_ref::<hyper::Error>())
        .is_some_and(hyper::Error::is_canceled);
    if error.is_connect() || nothing_sent {
        ForwardError::Connect(describe(error))
    } else {
        ForwardError::BrokenAnswer(describe(error))
    }
}

/// Below the keep-alive of common servers, so that a request rarely meets a connection being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
const IDLE_CONNECTIONS: usize = 256;
/// Bounds the head of an answer and what is read ahead of a body.
const BUFFER_LIMIT: usize = 64 * 1024;
