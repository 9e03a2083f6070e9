//! Polls of one client over one connection, one after the other.

use crate::bench::BenchError;
use crate::bench::connection::{Answer, Door, HOST, HttpConnection};
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedSender;

/// How the polls of a client look.
#[derive(Clone, Debug)]
pub struct PollHead {
    /// Where they go.
    pub door: Door,
    /// Path and headers of the client's own, each ended.
    pub path: &'static str,
    /// The header that tells the client.
    pub client: String,
}

/// An event that has come.
#[derive(Debug)]
pub struct Arrival {
    /// Its id.
    pub jti: String,
    /// When.
    pub at: Instant,
}

impl PollHead {
    /// A connection on which one poll was answered at once.
    pub async fn open(&self) -> Result<HttpConnection, BenchError> {
        let mut connection = self.door.open().await?;
        let poll = self.request(&json!({ "returnImmediately": true }));
        read(&connection.exchange(&poll).await?)?;
        Ok(connection)
    }

    /// Waits for events, says when they have come, acknowledges them and waits again.
    pub async fn keep_waiting(
        self,
        mut connection: HttpConnection,
        arrivals: UnboundedSender<Arrival>,
    ) -> Result<(), BenchError> {
        let mut ack = Vec::new();
        loop {
            let request = self.request(&json!({ "returnImmediately": false, "ack": ack }));
            let sets = read(&connection.exchange(&request).await?)?;
            let at = Instant::now();
            ack = sets.into_iter().map(|(jti, _)| jti).collect();
            for jti in &ack {
                if arrivals.send(Arrival { jti: jti.clone(), at }).is_err() {
                    return Ok(());
                }
            }
            if !ack.is_empty() {
                // What one poll acknowledges, the others of its client that were woken would not get.
                tokio::time::sleep(BEFORE_ACKNOWLEDGING).await;
            }
        }
    }

    fn request(&self, body: &Value) -> Vec<u8> {
        let body = body.to_string();
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {HOST}:{}\r\n{}\r\nAccept: application/json\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.path,
            self.door.address.port(),
            self.client,
            body.len()
        );
        (head + &body).into_bytes()
    }
}

fn read(answer: &Answer) -> Result<Map<String, Value>, BenchError> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    match (answer.status, body["sets"].as_object()) {
        (OK, Some(sets)) => Ok(sets.clone()),
        (status, _) => Err(BenchError::Unexpected {
            expected: OK,
            status,
            body: String::from_utf8_lossy(&answer.body).into_owned(),
        }),
    }
}

const BEFORE_ACKNOWLEDGING: Duration = Duration::from_secs(1);
const OK: u16 = 200;
