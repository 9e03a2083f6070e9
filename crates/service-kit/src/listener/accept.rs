//! From a TCP connection to a TLS stream.

use super::{
    CertificateReloader, Limits, ListenerOptions, ServerTls, TlsError, connection::Connection,
    measure::ConnectionMeters, stream::LimitedStream, tls::TlsContext,
};
use crate::{
    SharedClock, SharedRandom, TrustStore, access::AccessRule,
    client_certificate::ConnectionCertificate,
};
use actix_http::{Protocol, error::DispatchError};
use actix_rt::net::TcpStream;
use openssl::{error::ErrorStack, ssl::Ssl, x509::X509Ref};
use std::{net::SocketAddr, pin::Pin, sync::Arc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_openssl::SslStream;

/// Everything that a listener's connections share.
pub(super) struct Door {
    name: &'static str,
    tls: TlsContext,
    trust: TrustStore,
    access: Option<&'static [AccessRule]>,
    limits: Arc<Limits>,
    /// One permit for each connection.
    connections: Arc<Semaphore>,
    clock: SharedClock,
    random: SharedRandom,
    meters: ConnectionMeters,
}

/// Why a connection ended without or before an orderly close. Nobody but the log hears of it.
#[derive(Debug, thiserror::Error)]
pub(super) enum AcceptError {
    /// All permits are taken.
    #[error("too many connections")]
    Full,
    /// The handshake failed; typically a client without a common version, suite or protocol, or one
    /// that speaks plain HTTP.
    #[error("handshake failed")]
    Handshake(#[from] openssl::ssl::Error),
    /// The handshake took too long.
    #[error("handshake took too long")]
    HandshakeTimeout,
    /// The HTTP dispatcher gave up.
    #[error("HTTP: {0}")]
    Http(DispatchError),
    /// The connection was gone at once.
    #[error("connection lost")]
    Io(#[from] std::io::Error),
    /// OpenSSL could not set the connection up.
    #[error("TLS set-up failed")]
    Tls(#[from] ErrorStack),
}

impl Door {
    pub(super) fn new(options: ListenerOptions, address: SocketAddr) -> Result<Self, TlsError> {
        let ServerTls { identities, trust, access } = options.tls;
        Ok(Self {
            name: options.name,
            tls: TlsContext::new(&identities, session_context(options.name, address))?,
            trust,
            access,
            connections: Arc::new(Semaphore::new(options.limits.connections)),
            limits: Arc::new(options.limits),
            clock: options.clock,
            random: options.random,
            meters: ConnectionMeters::new(options.name),
        })
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn limits(&self) -> &Arc<Limits> {
        &self.limits
    }

    pub(super) fn random(&self) -> &SharedRandom {
        &self.random
    }

    pub(super) fn certificates(&self) -> CertificateReloader {
        self.tls.reloader()
    }

    /// Waits until no connection is left.
    pub(super) async fn drained(&self) {
        let all = u32::try_from(self.limits.connections).unwrap_or(u32::MAX);
        // The semaphore is never closed, so that an error cannot be.
        let _ = self.connections.acquire_many(all).await;
    }

    async fn handshake(&self, socket: TcpStream) -> Result<SslStream<TcpStream>, AcceptError> {
        socket.set_nodelay(true)?;
        let mut stream = SslStream::new(Ssl::new(&self.tls.current())?, socket)?;
        tokio::time::timeout(self.limits.handshake, Pin::new(&mut stream).accept())
            .await
            .map_err(|_| AcceptError::HandshakeTimeout)??;
        Ok(stream)
    }

    fn connection(&self, stream: &SslStream<TcpStream>) -> Result<Connection, AcceptError> {
        let ssl = stream.ssl();
        let presented = match ssl.peer_certificate() {
            None => None,
            Some(leaf) => {
                // On the server's side the chain comes without the leaf.
                let chain = ssl.peer_cert_chain().into_iter().flatten();
                let intermediates: Result<_, _> = chain.map(X509Ref::to_der).collect();
                Some((leaf.to_der()?, intermediates?))
            }
        };
        let certificate =
            ConnectionCertificate::new(presented, self.trust.clone(), Arc::clone(&self.clock));
        Ok(Connection::new(certificate, self.access))
    }
}

/// Lets a client in: a permit, a handshake in time, its certificate judged.
pub(super) async fn accept(
    door: Arc<Door>,
    socket: TcpStream,
) -> Result<(LimitedStream, Protocol, Option<SocketAddr>), AcceptError> {
    let peer = socket.peer_addr().ok();
    let accepted = match Arc::clone(&door.connections).try_acquire_owned() {
        Ok(permit) => shake_hands(&door, socket, permit).await,
        Err(_) => Err(AcceptError::Full),
    };
    // A failed handshake may leave entries that another connection of this thread would trip over.
    if accepted.is_err() {
        drop(ErrorStack::get());
    }
    door.meters.count(accepted.as_ref().err());
    let stream = accepted.inspect_err(|error| {
        tracing::debug!(listener = door.name, ?peer, %error, "connection refused");
    })?;
    Ok((stream, Protocol::Http1, peer))
}

async fn shake_hands(
    door: &Door,
    socket: TcpStream,
    permit: OwnedSemaphorePermit,
) -> Result<LimitedStream, AcceptError> {
    let stream = door.handshake(socket).await?;
    let connection = door.connection(&stream)?;
    let place = (permit, door.meters.open());
    Ok(LimitedStream::new(stream, connection, Arc::clone(&door.limits), place))
}

/// Sessions of one listener are worth nothing at another (OpenSSL allows 32 bytes).
fn session_context(name: &str, address: SocketAddr) -> Vec<u8> {
    let mut context = address.port().to_be_bytes().to_vec();
    context.extend(name.bytes().take(30));
    context
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("name", &self.name).finish_non_exhaustive()
    }
}
