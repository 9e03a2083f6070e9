//! A client that says what it is told to, byte for byte.

use crate::server::TestServer;
use openssl::ssl::{Ssl, SslContext, SslContextBuilder, SslMethod, SslVersion};
use openssl::{pkey::PKey, x509::X509};
use std::{collections::HashMap, pin::Pin, time::Duration};
use test_kit::TestIdentity;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_openssl::SslStream;

/// One TLS connection.
pub struct Client<S = SslStream<TcpStream>> {
    pub stream: S,
    buffer: Vec<u8>,
}

/// One answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: String,
}

/// A client's side of TLS: any certificate or none, any version of the two.
pub fn context(identity: Option<&TestIdentity>, version: SslVersion) -> SslContextBuilder {
    let mut builder = SslContext::builder(SslMethod::tls_client()).unwrap();
    // A test must be able to present what no sane client would.
    builder.set_security_level(0);
    builder.set_min_proto_version(Some(version)).unwrap();
    builder.set_max_proto_version(Some(version)).unwrap();
    if let Some(identity) = identity {
        let mut chain = X509::stack_from_pem(identity.chain_pem.as_bytes()).unwrap().into_iter();
        builder.set_certificate(&chain.next().unwrap()).unwrap();
        builder
            .set_private_key(&PKey::private_key_from_pem(identity.key_pem.as_bytes()).unwrap())
            .unwrap();
        chain.for_each(|above| builder.add_extra_chain_cert(above).unwrap());
    }
    builder
}

impl Client {
    /// Without a certificate, TLS 1.3.
    pub async fn plain(server: &TestServer) -> Self {
        Self::connect(server, None, SslVersion::TLS1_3).await
    }

    pub async fn with(server: &TestServer, identity: &TestIdentity) -> Self {
        Self::connect(server, Some(identity), SslVersion::TLS1_3).await
    }

    pub async fn connect(
        server: &TestServer,
        identity: Option<&TestIdentity>,
        version: SslVersion,
    ) -> Self {
        let context = context(identity, version).build();
        Self::handshake(server, &context).await.expect("the handshake succeeds")
    }

    pub async fn handshake(
        server: &TestServer,
        context: &SslContext,
    ) -> Result<Self, openssl::ssl::Error> {
        let socket = TcpStream::connect(server.address).await.unwrap();
        let ssl = Ssl::new(context).unwrap();
        let mut stream = SslStream::new(ssl, socket).unwrap();
        Pin::new(&mut stream).connect().await?;
        Ok(Self::over(stream))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub fn over(stream: S) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    pub async fn send(&mut self, bytes: &str) {
        self.stream.write_all(bytes.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Sends a bodiless `GET` and reads the answer.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
        self.answer().await
    }

    /// Sends raw bytes and reads one answer.
    pub async fn ask(&mut self, bytes: &str) -> Answer {
        self.send(bytes).await;
        self.answer().await
    }

    pub async fn answer(&mut self) -> Answer {
        self.try_answer().await.expect("an answer")
    }

    /// Reads one answer; `None` where the connection ends first.
    pub async fn try_answer(&mut self) -> Option<Answer> {
        let head_length = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
            self.fill().await?;
        };
        let head: Vec<u8> = self.buffer.drain(..head_length).collect();
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: HashMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        if status == 100 {
            return Box::pin(self.try_answer()).await;
        }
        let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        while self.buffer.len() < length {
            self.fill().await?;
        }
        let body = self.buffer.drain(..length).collect();
        Some(Answer { status, headers, body: String::from_utf8(body).unwrap() })
    }

    /// Waits until the server closes; anything it still says is an error.
    pub async fn closed(&mut self) {
        assert!(self.try_answer().await.is_none(), "the server said something more");
    }

    async fn fill(&mut self) -> Option<()> {
        let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.buffer)).await;
        let read = read.expect("the server answers or closes").unwrap_or(0);
        (read > 0).then_some(())
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// Waits for `event`, but not for ever.
pub async fn soon<T>(event: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, event).await.expect("it happens")
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}

/// Far longer than anything under test takes; a test that needs it has failed.
const PATIENCE: Duration = Duration::from_secs(20);
