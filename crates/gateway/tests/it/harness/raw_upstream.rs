//! An upstream over plain TCP that answers bytes.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Answers each request with the next script, or keeps silent.
pub struct RawUpstream {
    port: u16,
    scripts: Mutex<Vec<Script>>,
}

/// What is said to a request.
#[derive(Clone, Debug)]
pub enum Script {
    /// These bytes, and the connection stays open.
    Say(String),
    /// These bytes, and the connection ends.
    SayAndClose(String),
    /// Nothing.
    KeepSilent,
}

impl RawUpstream {
    /// Listens; `scripts` are used up in order, the last one stays.
    pub async fn start(scripts: Vec<Script>) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let upstream = Arc::new(Self { port, scripts: Mutex::new(scripts) });
        let accepting = Arc::clone(&upstream);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&accepting).converse(socket));
            }
        });
        upstream
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    async fn converse(self: Arc<Self>, mut socket: TcpStream) {
        while read_request(&mut socket).await.is_some() {
            let script = {
                let mut scripts = self.scripts.lock().unwrap();
                if scripts.len() > 1 { scripts.remove(0) } else { scripts[0].clone() }
            };
            match script {
                Script::Say(bytes) => drop(socket.write_all(bytes.as_bytes()).await),
                Script::SayAndClose(bytes) => {
                    drop(socket.write_all(bytes.as_bytes()).await);
                    return;
                }
                Script::KeepSilent => {}
            }
        }
    }
}

/// The tests' requests end with the body `{}`.
async fn read_request(socket: &mut TcpStream) -> Option<()> {
    let mut read = Vec::new();
    let mut bytes = [0; 4096];
    while !read.ends_with(b"\r\n\r\n{}") {
        let count = socket.read(&mut bytes).await.ok().filter(|count| *count > 0)?;
        read.extend_from_slice(&bytes[..count]);
    }
    Some(())
}
