//! Single connections, for measuring what a connection and a request cost.

use super::{PeerError, ServiceIdentity, tls};
use openssl::{error::ErrorStack, ssl::SslConnector};
use std::{io, net::SocketAddr, pin::Pin};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_openssl::SslStream;

/// Opens connections over mutual TLS, each with a full handshake. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    tls: SslConnector,
}

/// A connection to write to and to read from; pools, limits and time-outs are the caller's.
#[derive(Debug)]
pub struct Connection {
    stream: SslStream<TcpStream>,
}

impl Connector {
    /// Shows `identity` and trusts its CA alone.
    pub fn new(identity: &ServiceIdentity) -> Result<Self, PeerError> {
        let builder =
            tls::builder(identity).map_err(|error| PeerError::Identity(error.to_string()))?;
        Ok(Self { tls: builder.build() })
    }

    /// Connects to `address` and finds the certificate of `host` there.
    pub async fn connect(&self, address: SocketAddr, host: &str) -> io::Result<Connection> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        let ssl = self.tls.configure().and_then(|tls| tls.into_ssl(host));
        let stream = ssl.and_then(|ssl| SslStream::new(ssl, socket));
        let mut stream = stream.map_err(|error| failed(&error))?;
        Pin::new(&mut stream).connect().await.map_err(io::Error::other)?;
        Ok(Connection { stream })
    }
}

impl Connection {
    /// Sends all of `bytes`.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Adds what comes next to `buffer`; 0 when the peer has closed.
    pub async fn read(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        self.stream.read_buf(buffer).await
    }

    /// Says good-bye and waits for the peer to say it, so that nothing is under way any more.
    pub async fn close(mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        let mut rest = Vec::with_capacity(1024);
        while self.stream.read_buf(&mut rest).await? > 0 {
            rest.clear();
        }
        Ok(())
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

fn failed(error: &ErrorStack) -> io::Error {
    io::Error::other(error.to_string())
}
