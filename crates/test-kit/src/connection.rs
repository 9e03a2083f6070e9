//! A client that says what it is told to, byte for byte.

use crate::TestIdentity;
use openssl::{
    pkey::PKey,
    ssl::{Ssl, SslContext, SslMethod, SslVersion},
    x509::X509,
};
use std::{net::SocketAddr, pin::Pin, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_openssl::SslStream;

/// One TLS 1.3 connection to a server under test, whose certificate is not looked at.
pub struct TestConnection {
    stream: SslStream<TcpStream>,
    buffer: Vec<u8>,
}

/// One answer.
#[derive(Clone, Debug)]
pub struct TestAnswer {
    /// The status.
    pub status: u16,
    /// Names in lower case, in the order of the answer.
    pub headers: Vec<(String, String)>,
    /// The body, unchunked.
    pub body: String,
}

impl TestConnection {
    /// Connects with the client certificate `identity`, or without one.
    pub async fn open(address: SocketAddr, identity: Option<&TestIdentity>) -> Self {
        let ssl = Ssl::new(&context(identity)).expect("a TLS session");
        let socket = TcpStream::connect(address).await.expect("the server listens");
        let mut stream = SslStream::new(ssl, socket).expect("a TLS stream");
        Pin::new(&mut stream).connect().await.expect("the handshake succeeds");
        Self { stream, buffer: Vec::new() }
    }

    /// Sends bytes.
    pub async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("the server reads");
        self.stream.flush().await.expect("the server reads");
    }

    /// Sends bytes and reads one answer.
    pub async fn ask(&mut self, bytes: &[u8]) -> TestAnswer {
        self.send(bytes).await;
        self.answer().await.expect("an answer")
    }

    /// Reads one answer to a request that was not `HEAD`; `None` where the connection ends first.
    pub async fn answer(&mut self) -> Option<TestAnswer> {
        let head = self.read_until(b"\r\n\r\n").await?;
        let head = String::from_utf8(head).expect("an ASCII head");
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().expect("a status");
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut answer = TestAnswer { status, headers, body: String::new() };
        let body = if answer.header("transfer-encoding") == "chunked" {
            self.read_chunks().await?
        } else {
            self.read_exactly(answer.header("content-length").parse().unwrap_or(0)).await?
        };
        answer.body = String::from_utf8(body).expect("a UTF-8 body");
        Some(answer)
    }

    async fn read_chunks(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = String::from_utf8(self.read_until(b"\r\n").await?).expect("a chunk size");
            let size = usize::from_str_radix(size.trim_end(), 16).expect("a chunk size");
            let chunk = self.read_exactly(size + 2).await?;
            body.extend_from_slice(&chunk[..size]);
            if size == 0 {
                return Some(body);
            }
        }
    }

    async fn read_until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.buffer.windows(end.len()).position(|window| window == end) {
                return Some(self.buffer.drain(..at + end.len()).collect());
            }
            self.fill().await?;
        }
    }

    async fn read_exactly(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < length {
            self.fill().await?;
        }
        Some(self.buffer.drain(..length).collect())
    }

    async fn fill(&mut self) -> Option<()> {
        let mut bytes = vec![0; 16384];
        let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut bytes)).await;
        let read = read.expect("the server answers or closes").unwrap_or(0);
        self.buffer.extend_from_slice(&bytes[..read]);
        (read > 0).then_some(())
    }
}

impl TestAnswer {
    /// The header's first value; empty without one.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers(name).first().copied().unwrap_or_default()
    }

    /// All values of the header.
    #[must_use]
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(each, _)| each == name);
        named.map(|(_, value)| value.as_str()).collect()
    }
}

fn context(identity: Option<&TestIdentity>) -> SslContext {
    let mut builder = SslContext::builder(SslMethod::tls_client()).expect("a TLS context");
    // A test must be able to present what no sane client would.
    builder.set_security_level(0);
    builder.set_min_proto_version(Some(SslVersion::TLS1_3)).expect("TLS 1.3");
    if let Some(identity) = identity {
        let chain = X509::stack_from_pem(identity.chain_pem.as_bytes()).expect("a PEM chain");
        let mut chain = chain.into_iter();
        builder.set_certificate(&chain.next().expect("a leaf")).expect("a usable leaf");
        let key = PKey::private_key_from_pem(identity.key_pem.as_bytes()).expect("a PEM key");
        builder.set_private_key(&key).expect("the leaf's key");
        for above in chain {
            builder.add_extra_chain_cert(above).expect("a usable chain");
        }
    }
    builder.build()
}

/// Far longer than anything under test takes; a test that needs it has failed.
const PATIENCE: Duration = Duration::from_secs(20);
