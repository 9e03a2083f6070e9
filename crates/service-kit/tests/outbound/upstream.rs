//! A scripted upstream: what it does with a connection is written out in each test.

use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

/// Accepts connections and hands them to the test one by one.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    connections: mpsc::UnboundedReceiver<TcpStream>,
}

/// One accepted connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Upstream {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let (sender, connections) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if sender.send(stream).is_err() {
                    return;
                }
            }
        });
        Self { address, connections }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) async fn accept(&mut self) -> Connection {
        let stream = self.connections.recv().await.expect("the listener lives");
        Connection { stream, buffer: Vec::new() }
    }

    /// Whether nobody has connected.
    pub(crate) fn is_untouched(&mut self) -> bool {
        self.connections.try_recv().is_err()
    }
}

impl Connection {
    /// The next head, up to and without the empty line, in lower case.
    pub(crate) async fn head(&mut self) -> String {
        let end = loop {
            if let Some(end) = position(&self.buffer, b"\r\n\r\n") {
                break end;
            }
            assert!(self.read_more().await, "closed in a head: {:?}", self.text());
        };
        let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
        String::from_utf8_lossy(&head[..end]).to_lowercase()
    }

    /// The next `length` bytes.
    pub(crate) async fn exactly(&mut self, length: usize) -> Vec<u8> {
        while self.buffer.len() < length {
            assert!(self.read_more().await, "closed in a body");
        }
        self.buffer.drain(..length).collect()
    }

    /// A chunked body, decoded.
    pub(crate) async fn chunked(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                if let Some(end) = position(&self.buffer, b"\r\n") {
                    break end;
                }
                assert!(self.read_more().await, "closed between chunks");
            };
            let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
            let size = std::str::from_utf8(&line[..end]).expect("a size");
            let size = usize::from_str_radix(size, 16).expect("a size");
            let chunk = self.exactly(size + 2).await;
            body.extend_from_slice(&chunk[..size]);
            if size == 0 {
                return body;
            }
        }
    }

    /// Everything until the other side closes.
    pub(crate) async fn until_closed(&mut self) -> Vec<u8> {
        while self.read_more().await {}
        std::mem::take(&mut self.buffer)
    }

    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.expect("the other side reads");
    }

    async fn read_more(&mut self) -> bool {
        // A reset is an end as well.
        self.stream.read_buf(&mut self.buffer).await.unwrap_or(0) > 0
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.buffer).into_owned()
    }

    /// Connects, as a client does.
    pub(crate) async fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a listener");
        Self { stream, buffer: Vec::new() }
    }
}

fn position(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}
