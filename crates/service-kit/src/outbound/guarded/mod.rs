//! Calls to addresses that a TPP or a publisher can influence.

mod address;
mod policy;
mod resolver;

pub use self::resolver::NameLookup;

use self::{
    policy::Policy,
    resolver::{CheckedResolver, RefusedAddress},
};
use super::{
    HeaderMap,
    service::{describe, read_at_most},
};
use bytes::Bytes;
use reqwest::{
    Certificate, Client, ClientBuilder, RequestBuilder, Response, header, redirect, tls,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{error::Error, sync::Arc, time::Duration};

/// Calls to addresses that others choose, such as callback URLs and JWKS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct OutboundConfig {
    /// Origins such as `https://localhost:9448` that may be called whatever their address and port.
    pub allowed_origins: Vec<String>,
    /// Ports that may be called otherwise.
    pub allowed_ports: Vec<u16>,
    /// Bytes of an answer, above which it is refused.
    pub answer_limit_bytes: usize,
    /// Seconds until a connection must be there, its name looked up and TLS agreed.
    pub connect_timeout_seconds: u32,
    /// Seconds until a whole answer must be there.
    pub timeout_seconds: u32,
}

/// https only, the resolved address checked and pinned, no redirects, sizes and times capped.
///
/// No proxy of the environment is used and no client certificate is shown. Cheap to clone; clones
/// share their connections.
#[derive(Clone, Debug)]
pub struct GuardedClient {
    /// Dials public addresses only.
    checked: Client,
    /// Dials anything; used for the allowed origins alone.
    exempt: Client,
    policy: Arc<Policy>,
    answer_limit: usize,
    timeout: Duration,
}

/// What a guarded address answered, whatever its status.
#[derive(Clone, Debug)]
pub struct GuardedAnswer {
    /// The status; a redirect's by [`GuardedClient::deliver`] alone.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body; by [`GuardedClient::deliver`] its beginning.
    pub body: Bytes,
}

/// Why a guarded call was not made or not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GuardedError {
    /// The configuration is unusable.
    #[error("outbound configuration: {0}")]
    Configuration(String),
    /// The address is one the guard refuses.
    #[error("refused: {0}")]
    Refused(&'static str),
    /// No whole answer in time.
    #[error("no answer in time: {0}")]
    TimedOut(String),
    /// No connection, a redirect or an oversized answer.
    #[error("unavailable: {0}")]
    Unavailable(String),
}

impl GuardedClient {
    /// A client that trusts the system's roots and those of `roots_pem`.
    pub fn new(config: &OutboundConfig, roots_pem: &str) -> Result<Self, GuardedError> {
        Self::with_lookup(config, roots_pem, NameLookup::system())
    }

    /// Like [`Self::new`], with names looked up by `lookup`; the names of allowed origins excepted.
    pub fn with_lookup(
        config: &OutboundConfig,
        roots_pem: &str,
        lookup: NameLookup,
    ) -> Result<Self, GuardedError> {
        let roots = Certificate::from_pem_bundle(roots_pem.as_bytes()).map_err(unusable)?;
        let builder = || client(config, &roots);
        Ok(Self {
            checked: builder().dns_resolver(CheckedResolver(lookup)).build().map_err(unusable)?,
            exempt: builder().build().map_err(unusable)?,
            policy: Arc::new(Policy::new(config)?),
            answer_limit: config.answer_limit_bytes,
            timeout: Duration::from_secs(config.timeout_seconds.into()),
        })
    }

    /// This client with limits of its own: bytes of an answer, and the time until it must be there.
    #[must_use]
    pub fn limited_to(self, answer_limit: usize, timeout: Duration) -> Self {
        Self { answer_limit, timeout, ..self }
    }

    /// Whether `url` may be called as far as can be said without looking its name up, such as when
    /// it is registered.
    pub fn check(&self, url: &str) -> Result<(), GuardedError> {
        self.policy.check(url).map(|_| ()).map_err(GuardedError::Refused)
    }

    /// `GET url`.
    pub async fn get(&self, url: &str, accept: &str) -> Result<GuardedAnswer, GuardedError> {
        self.call(url, |client, url| client.get(url).header(header::ACCEPT, accept)).await
    }

    /// `POST url` with `headers` beside the content type.
    pub async fn post(
        &self,
        url: &str,
        content_type: &str,
        body: Bytes,
        headers: HeaderMap,
    ) -> Result<GuardedAnswer, GuardedError> {
        self.call(url, |client, url| {
            client.post(url).headers(headers).header(header::CONTENT_TYPE, content_type).body(body)
        })
        .await
    }

    /// Like [`Self::post`] where the status alone decides: it is told, a redirect's too, whatever
    /// becomes of the body, of which only the beginning is read.
    pub async fn deliver(
        &self,
        url: &str,
        content_type: &str,
        body: Bytes,
        headers: HeaderMap,
    ) -> Result<GuardedAnswer, GuardedError> {
        let request = |client: &Client, url| {
            client.post(url).headers(headers).header(header::CONTENT_TYPE, content_type).body(body)
        };
        let answer = self.send(url, request).await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = read_beginning(answer, self.answer_limit).await;
        Ok(GuardedAnswer { status, headers, body: body.into() })
    }

    async fn call(
        &self,
        url: &str,
        request: impl FnOnce(&Client, url::Url) -> RequestBuilder,
    ) -> Result<GuardedAnswer, GuardedError> {
        let answer = self.send(url, request).await?;
        if answer.status().is_redirection() {
            return Err(GuardedError::Unavailable("redirects are not followed".to_owned()));
        }
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let (body, complete) = read_at_most(answer, self.answer_limit)
            .await
            .map_err(|error| GuardedError::Unavailable(error.to_string()))?;
        if !complete {
            let reason = format!("answer above {} bytes", self.answer_limit);
            return Err(GuardedError::Unavailable(reason));
        }
        Ok(GuardedAnswer { status, headers, body: body.into() })
    }

    async fn send(
        &self,
        url: &str,
        request: impl FnOnce(&Client, url::Url) -> RequestBuilder,
    ) -> Result<Response, GuardedError> {
        let target = self.policy.check(url).map_err(GuardedError::Refused)?;
        let client = if target.is_exempt { &self.exempt } else { &self.checked };
        request(client, target.url).timeout(self.timeout).send().await.map_err(classify)
    }
}

/// What came of a body until it ended, broke off, took too long or grew above `limit` bytes.
async fn read_beginning(mut answer: Response, limit: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        let room = limit - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            break;
        }
    }
    body
}

impl Default for OutboundConfig {
    fn default() -> Self {
        Self {
            allowed_origins: Vec::new(),
            allowed_ports: vec![443, 8443],
            answer_limit_bytes: 64 * 1024,
            connect_timeout_seconds: 5,
            timeout_seconds: 10,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "one of the two places that make HTTP clients")]
fn client(config: &OutboundConfig, roots: &[Certificate]) -> ClientBuilder {
    Client::builder()
        .https_only(true)
        .tls_certs_merge(roots.iter().cloned())
        .tls_version_min(tls::Version::TLS_1_2)
        .no_proxy()
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(Duration::from_secs(config.connect_timeout_seconds.into()))
}

fn unusable(error: impl Error) -> GuardedError {
    GuardedError::Configuration(describe(&error))
}

fn classify(error: reqwest::Error) -> GuardedError {
    let error = error.without_url();
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<RefusedAddress>() {
            return GuardedError::Refused(refused.0);
        }
        cause = inner.source();
    }
    let reason = describe(&error);
    if error.is_timeout() {
        GuardedError::TimedOut(reason)
    } else {
        GuardedError::Unavailable(reason)
    }
}
