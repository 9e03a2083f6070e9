//! A way to a PostgreSQL server on which the answer to a COMMIT can get lost.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Passes everything on, in threads of its own, until it is told to lose an answer.
pub struct LossyWay {
    /// The URL of the same database on this way.
    pub url: String,
    loses: Arc<AtomicBool>,
}

impl LossyWay {
    pub fn to(database_url: &str) -> Self {
        let mut url: url::Url = database_url.parse().unwrap();
        let server = (url.host_str().unwrap().to_owned(), url.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let loses = Arc::new(AtomicBool::new(false));
        let way = Self { url: url.into(), loses: Arc::clone(&loses) };
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect((server.0.as_str(), server.1)) else {
                    continue;
                };
                pass_on(client, server, Arc::clone(&loses));
            }
        });
        way
    }

    /// The next COMMIT is carried out, and nobody hears of it: the connection ends instead.
    pub fn lose_the_next_commit(&self) {
        self.loses.store(true, Ordering::SeqCst);
    }

    /// Whether that has happened.
    pub fn has_lost(&self) -> bool {
        !self.loses.load(Ordering::SeqCst)
    }
}

fn pass_on(client: TcpStream, server: TcpStream, loses: Arc<AtomicBool>) {
    let lost = Arc::new(AtomicBool::new(false));
    let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let losing = Arc::clone(&lost);
    std::thread::spawn(move || {
        copy(from_client, to_server, |bytes| {
            // `BEGIN ISOLATION LEVEL READ COMMITTED` is none.
            let is_commit = bytes.windows(COMMIT.len()).any(|bytes| bytes == COMMIT);
            if is_commit && loses.swap(false, Ordering::SeqCst) {
                losing.store(true, Ordering::SeqCst);
            }
            true
        });
    });
    std::thread::spawn(move || copy(server, client, |_| !lost.load(Ordering::SeqCst)));
}

/// Copies as long as `passes` says so, then closes both sides.
fn copy(mut from: TcpStream, mut to: TcpStream, passes: impl Fn(&[u8]) -> bool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if !passes(&buffer[..length]) || to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// As units of work end.
const COMMIT: &[u8] = b"; COMMIT";
