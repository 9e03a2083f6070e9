//! Calls to fixed, configured peers.

use arc_swap::ArcSwap;
use reqwest::{Certificate, Client, Identity, Method, Response, StatusCode, redirect, tls};
use serde::{Serialize, de::DeserializeOwned};
use std::{error::Error, sync::Arc, time::Duration};

/// What a process shows its peers and trusts in them, PEM.
#[derive(Clone)]
pub struct ServiceIdentity {
    /// The role's certificate chain.
    pub chain_pem: String,
    /// Its key, PKCS#8.
    pub key_pem: String,
    /// The internal CA.
    pub ca_pem: String,
}

/// Mutual TLS to fixed peers with the internal CA; never to an address that a TPP can influence.
///
/// No redirect is followed and no proxy of the environment is used. Cheap to clone; clones share
/// their identity and their connections.
#[derive(Clone, Debug)]
pub struct ServiceClient {
    client: Arc<ArcSwap<Client>>,
}

/// Why a peer did not answer as it should.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// The identity is unusable.
    #[error("unusable service identity: {0}")]
    Identity(String),
    /// No connection, a time-out, or not the expected body.
    #[error("peer unavailable: {0}")]
    Unavailable(String),
    /// Another status than the call allows.
    #[error("peer answered {status}: {}", told(.body))]
    Status {
        /// The status.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
}

/// The `detail` of a problem document (RFC 9457 §3.1.4), else the body as it is.
fn told(body: &str) -> String {
    let detail = serde_json::from_str::<serde_json::Value>(body)
        .ok()
        .and_then(|problem| problem.get("detail")?.as_str().map(str::to_owned));
    detail.unwrap_or_else(|| body.to_owned())
}

impl ServiceClient {
    /// A client with `identity`.
    pub fn new(identity: &ServiceIdentity) -> Result<Self, PeerError> {
        Ok(Self { client: Arc::new(ArcSwap::from_pointee(Self::build(identity)?)) })
    }

    /// Shows `identity` from now on, on connections of its own; calls under way end on the old ones.
    /// On an error the old identity stays.
    pub fn replace_identity(&self, identity: &ServiceIdentity) -> Result<(), PeerError> {
        self.client.store(Arc::new(Self::build(identity)?));
        Ok(())
    }

    /// `GET url`: the JSON body of a 200, `None` of a 404.
    pub async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<Option<T>, PeerError> {
        let answer = self.send::<()>(Method::GET, url, None).await?;
        found(answer, ANSWER_LIMIT).await
    }

    /// As [`get`](Self::get), for an answer that the peer may keep back for `wait`.
    pub async fn get_waiting<T: DeserializeOwned>(
        &self,
        url: &str,
        wait: Duration,
    ) -> Result<Option<T>, PeerError> {
        let request = self.client.load().get(url).timeout(wait + WAITING_GRACE);
        found(request.send().await.map_err(unavailable)?, ANSWER_LIMIT).await
    }

    /// As [`get`](Self::get), for an answer of up to 64 MiB.
    pub async fn get_large<T: DeserializeOwned>(&self, url: &str) -> Result<Option<T>, PeerError> {
        let request = self.client.load().get(url).timeout(LARGE_TIMEOUT);
        found(request.send().await.map_err(unavailable)?, LARGE_ANSWER_LIMIT).await
    }

    /// `PUT url` with a JSON body; any 2xx is success.
    pub async fn put<B: Serialize + Sync>(&self, url: &str, body: &B) -> Result<(), PeerError> {
        let answer = self.send(Method::PUT, url, Some(body)).await?;
        if answer.status().is_success() { Ok(()) } else { Err(status_error(answer).await) }
    }

    /// `POST url` with a JSON body: the JSON body of a 2xx.
    pub async fn post<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        url: &str,
        body: &B,
    ) -> Result<T, PeerError> {
        let answer = self.send(Method::POST, url, Some(body)).await?;
        if answer.status().is_success() {
            json(answer, ANSWER_LIMIT).await
        } else {
            Err(status_error(answer).await)
        }
    }

    /// `DELETE url`; 2xx and 404 are success.
    pub async fn delete(&self, url: &str) -> Result<(), PeerError> {
        let answer = self.send::<()>(Method::DELETE, url, None).await?;
        let status = answer.status();
        if status.is_success() || status == StatusCode::NOT_FOUND {
            Ok(())
        } else {
            Err(status_error(answer).await)
        }
    }

    fn build(identity: &ServiceIdentity) -> Result<Client, PeerError> {
        Self::configured(identity).map_err(|error| PeerError::Identity(describe(&error)))
    }

    #[expect(clippy::disallowed_methods, reason = "one of the two places that make HTTP clients")]
    fn configured(identity: &ServiceIdentity) -> reqwest::Result<Client> {
        let (chain, key) = (identity.chain_pem.as_bytes(), identity.key_pem.as_bytes());
        Client::builder()
            .https_only(true)
            .tls_certs_only(Certificate::from_pem_bundle(identity.ca_pem.as_bytes())?)
            .identity(Identity::from_pkcs8_pem(chain, key)?)
            .tls_version_min(tls::Version::TLS_1_2)
            .http1_only()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(CALL_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build()
    }

    async fn send<B: Serialize + Sync>(
        &self,
        method: Method,
        url: &str,
        body: Option<&B>,
    ) -> Result<Response, PeerError> {
        let mut request = self.client.load().request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await.map_err(unavailable)
    }
}

impl std::fmt::Debug for ServiceIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServiceIdentity")
    }
}

async fn found<T: DeserializeOwned>(
    answer: Response,
    limit: usize,
) -> Result<Option<T>, PeerError> {
    match answer.status() {
        StatusCode::OK => json(answer, limit).await.map(Some),
        StatusCode::NOT_FOUND => Ok(None),
        _ => Err(status_error(answer).await),
    }
}

async fn json<T: DeserializeOwned>(answer: Response, limit: usize) -> Result<T, PeerError> {
    let (body, complete) = read_at_most(answer, limit).await?;
    if !complete {
        return Err(PeerError::Unavailable(format!("answer above {limit} bytes")));
    }
    serde_json::from_slice(&body)
        .map_err(|error| PeerError::Unavailable(format!("unexpected body: {error}")))
}

async fn status_error(answer: Response) -> PeerError {
    let status = answer.status().as_u16();
    match read_at_most(answer, ERROR_EXCERPT).await {
        Ok((body, _)) => {
            PeerError::Status { status, body: String::from_utf8_lossy(&body).into_owned() }
        }
        Err(_) => PeerError::Status { status, body: String::new() },
    }
}

/// The first `limit` bytes of a body, and whether that is all of it.
pub(super) async fn read_at_most(
    mut answer: Response,
    limit: usize,
) -> Result<(Vec<u8>, bool), PeerError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(unavailable)? {
        let room = limit - body.len();
        if chunk.len() > room {
            body.extend_from_slice(&chunk[..room]);
            return Ok((body, false));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((body, true))
}

fn unavailable(error: reqwest::Error) -> PeerError {
    PeerError::Unavailable(describe(&error.without_url()))
}

/// The error with its causes in one line; reqwest's own text leaves the causes out.
pub(super) fn describe(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const CALL_TIMEOUT: Duration = Duration::from_secs(15);
/// What an answer that was kept back may take beyond that.
const WAITING_GRACE: Duration = Duration::from_secs(5);
const LARGE_TIMEOUT: Duration = Duration::from_mins(1);
/// Below the 60 s after which our own listeners close an idle connection.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
const ANSWER_LIMIT: usize = 4 * 1024 * 1024;
const LARGE_ANSWER_LIMIT: usize = 64 * 1024 * 1024;
const ERROR_EXCERPT: usize = 500;
