//! Connections to upstreams.

use crate::outbound::ServiceIdentity;
use http::Uri;
use hyper_openssl::client::legacy::{HttpsConnector, MaybeHttpsStream};
use hyper_util::{client::legacy::connect::HttpConnector, rt::TokioIo};
use openssl::{
    error::ErrorStack,
    pkey::PKey,
    ssl::{SslConnector, SslMethod, SslVersion},
    x509::{X509, store::X509StoreBuilder},
};
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

        let mut tls = SslConnector::builder(SslMethod::tls_client())?;
        tls.set_min_proto_version(Some(SslVersion::TLS1_2))?;
        tls.set_alpn_protos(b"\x08http/1.1")?;
        // One read per record instead of two.
        tls.set_read_ahead(true);
        let mut trusted = X509StoreBuilder::new()?;
        for issuer in X509::stack_from_pem(identity.ca_pem.as_bytes())? {
            trusted.add_cert(issuer)?;
        }
        tls.set_cert_store(trusted.build());
        let mut chain = X509::stack_from_pem(identity.chain_pem.as_bytes())?.into_iter();
        if let Some(leaf) = chain.next() {
            tls.set_certificate(&leaf)?;
        }
        for above in chain {
            tls.add_extra_chain_cert(above)?;
        }
        tls.set_private_key(&*PKey::private_key_from_pem(identity.key_pem.as_bytes())?)?;
        tls.check_private_key()?;
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
