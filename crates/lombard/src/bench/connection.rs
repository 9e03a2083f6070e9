//! A client of HTTP/1.1 that costs as little as possible: it shares the machine with the server.

use service_kit::outbound::{Connection, Connector};
use std::io;
use std::net::SocketAddr;

/// How one client reaches a listener.
#[derive(Clone, Debug)]
pub struct Door {
    /// With the client's certificate.
    pub connector: Connector,
    /// Where the listener is.
    pub address: SocketAddr,
}

/// A connection over which requests go one after the other.
#[derive(Debug)]
pub struct HttpConnection {
    connection: Connection,
    buffer: Vec<u8>,
}

/// An answer with a `Content-Length`.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Vec<u8>,
}

/// The host that the server's certificate names.
pub const HOST: &str = "localhost";

impl Door {
    /// The listener at `base_url` on this machine, reached with `connector`.
    pub fn new(connector: Connector, base_url: &str) -> Self {
        let port = base_url.rsplit(':').next().and_then(|port| port.parse().ok());
        Self { connector, address: SocketAddr::from(([127, 0, 0, 1], port.unwrap_or_default())) }
    }

    /// Another listener for the same client.
    pub fn at(&self, base_url: &str) -> Self {
        Self::new(self.connector.clone(), base_url)
    }

    /// A new connection.
    pub async fn open(&self) -> io::Result<HttpConnection> {
        let connection = self.connector.connect(self.address, HOST).await?;
        Ok(HttpConnection { connection, buffer: Vec::with_capacity(8 * 1024) })
    }
}

impl HttpConnection {
    /// Sends `request`, head and body, and reads the answer.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.connection.write(request).await?;
        self.buffer.clear();
        loop {
            if self.connection.read(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(answer) = complete(&self.buffer)? {
                return Ok(answer);
            }
        }
    }

    /// Closes the connection and waits until the server has closed it.
    pub async fn close(self) -> io::Result<()> {
        self.connection.close().await
    }
}

/// The answer in `bytes` once all of it is there.
fn complete(bytes: &[u8]) -> io::Result<Option<Answer>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let malformed = || io::Error::from(io::ErrorKind::InvalidData);
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| malformed())?;
    let status = head.get(9..12).and_then(|digits| digits.parse().ok()).ok_or_else(malformed)?;
    let length: usize = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .ok_or_else(malformed)?;
    let body = &bytes[end + 4..];
    Ok((body.len() >= length).then(|| Answer { status, body: body[..length].to_vec() }))
}

#[cfg(test)]
mod tests {
    use super::complete;

    #[test]
    fn an_answer_is_complete_with_the_last_byte_of_its_body() {
        let text = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\n\r\nabc";
        for end in 0..text.len() {
            assert!(complete(&text[..end]).unwrap().is_none(), "{end}");
        }
        let answer = complete(text).unwrap().unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (401, &b"abc"[..]));
    }

    #[test]
    fn an_answer_without_status_or_length_is_an_error() {
        assert!(complete(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(complete(b"nonsense\r\ncontent-length: 0\r\n\r\n").is_err());
    }
}
