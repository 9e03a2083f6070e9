//! Requests as careless and hostile clients write them.

use std::fmt::Write as _;

/// An HTTP/1.1 request that goes out byte for byte as it was put together.
#[derive(Clone, Debug)]
pub(super) struct Request {
    line: String,
    fields: Vec<u8>,
    body: Vec<u8>,
}

impl Request {
    /// `METHOD TARGET`, without a body.
    pub(super) fn new(method_and_target: &str) -> Self {
        Self { line: method_and_target.to_owned(), fields: Vec::new(), body: Vec::new() }
    }

    /// `POST TARGET` with a form.
    pub(super) fn form(target: &str, body: impl AsRef<[u8]>) -> Self {
        Self::new(&format!("POST {target}"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body)
    }

    /// `POST TARGET` with JSON.
    pub(super) fn json(target: &str, body: impl AsRef<[u8]>) -> Self {
        Self::new(&format!("POST {target}")).header("Content-Type", "application/json").body(body)
    }

    /// One more header.
    pub(super) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        for part in [name.as_bytes(), b": ", value.as_ref(), b"\r\n"] {
            self.fields.extend_from_slice(part);
        }
        self
    }

    /// The body.
    pub(super) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    /// What goes over the wire, with `Host` and `Content-Length`.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let start = format!("{} HTTP/1.1\r\nHost: localhost\r\n", self.line);
        let length = format!("Content-Length: {}\r\n\r\n", self.body.len());
        [start.as_bytes(), &self.fields, length.as_bytes(), &self.body].concat()
    }
}

/// Fields as `application/x-www-form-urlencoded`, every byte of a value escaped that could mean
/// something else.
pub(super) fn form<N: AsRef<str>, V: AsRef<str>>(fields: &[(N, V)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name.as_ref());
        text.push('=');
        for byte in value.as_ref().bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                text.push(char::from(byte));
            } else {
                write!(text, "%{byte:02X}").expect("a String takes everything");
            }
        }
    }
    text
}
