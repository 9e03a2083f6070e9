//! Notifications between the processes that share a PostgreSQL database (`LISTEN`, `NOTIFY`).

use crate::libpq::RawConnection;
use crate::{AnyConnection, DatabaseError, DatabaseOptions, DatabaseUrl, jitter, postgres};
use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};
use socket2::SockRef;
use std::collections::VecDeque;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};
use tokio::io::unix::AsyncFd;
use tokio::time::sleep_until;

/// What a listener hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notification {
    /// Listening has begun, or begun again after the connection was lost: whatever was sent before
    /// may have been missed.
    Resumed,
    /// What somebody sent, this process included.
    Sent(String),
}

/// One channel, heard over a connection of its own, which costs nothing while nothing is sent and is
/// made again when it is lost.
#[derive(Debug)]
pub struct Notifications {
    url: DatabaseUrl,
    options: DatabaseOptions,
    channel: String,
    listener: Option<Listener>,
    heard: VecDeque<String>,
    /// Failures in a row; a connection that lasts ends the row.
    failures: u32,
    not_before: Option<Instant>,
}

/// A connection that listens.
#[derive(Debug)]
struct Listener {
    connection: RawConnection,
    socket: AsyncFd<OwnedFd>,
    since: Instant,
}

impl Notifications {
    pub(crate) fn new(url: &DatabaseUrl, options: DatabaseOptions, channel: &str) -> Self {
        Self {
            url: url.clone(),
            options,
            channel: channel.to_owned(),
            listener: None,
            heard: VecDeque::new(),
            failures: 0,
            not_before: None,
        }
    }

    /// Waits for the next one, however often the connection has to be made again. Giving up the wait
    /// loses nothing.
    pub async fn next(&mut self) -> Notification {
        loop {
            if let Some(payload) = self.heard.pop_front() {
                return Notification::Sent(payload);
            }
            let Some(listener) = &mut self.listener else {
                self.connect().await;
                if self.listener.is_some() {
                    return Notification::Resumed;
                }
                continue;
            };
            match listener.hear().await {
                Ok(payloads) => self.heard.extend(payloads),
                Err(reason) => {
                    if listener.since.elapsed() > LASTING {
                        self.failures = 0;
                    }
                    self.listener = None;
                    self.failed(&reason);
                }
            }
        }
    }

    async fn connect(&mut self) {
        if let Some(at) = self.not_before {
            sleep_until(at.into()).await;
        }
        let (url, options, channel) = (self.url.clone(), self.options, self.channel.clone());
        let connecting = move || listen(&url, &options, &channel);
        let connected = tokio::task::spawn_blocking(connecting).await;
        match connected.unwrap_or_else(|error| Err(error.to_string())).and_then(Listener::new) {
            Ok(listener) => self.listener = Some(listener),
            Err(reason) => self.failed(&reason),
        }
    }

    fn failed(&mut self, reason: &str) {
        tracing::warn!(database = %self.url, channel = self.channel, reason, "not listening");
        self.failures += 1;
        self.not_before = Some(Instant::now() + jitter::pause_after(self.failures));
    }
}

impl Listener {
    fn new(mut connection: RawConnection) -> Result<Self, String> {
        let socket = connection.socket().map_err(|error| error.to_string())?;
        Ok(Self { connection, socket, since: Instant::now() })
    }

    /// Waits until something was heard.
    async fn hear(&mut self) -> Result<Vec<String>, String> {
        loop {
            // What came with the answers to the first statements is there without the socket's word.
            let heard = self.connection.notifications();
            if !heard.is_empty() {
                return Ok(heard);
            }
            let ready = self.socket.readable().await;
            let mut ready = ready.map_err(|error| error.to_string())?;
            self.connection.take_in()?;
            // libpq may leave a part in the socket, which is told of only once: its readiness is
            // forgotten only when nothing is there.
            let _ = ready.try_io(|socket| is_readable(socket.get_ref()));
        }
    }
}

fn is_readable(socket: &OwnedFd) -> io::Result<usize> {
    SockRef::from(socket).peek(&mut [MaybeUninit::uninit()])
}

/// Connects and listens; blocks.
fn listen(
    url: &DatabaseUrl,
    options: &DatabaseOptions,
    channel: &str,
) -> Result<RawConnection, String> {
    let text = postgres::with_timeouts(url.secret_text(), options);
    let mut connection =
        RawConnection::open(&text).map_err(|error| postgres::without_url(&error))?;
    connection.execute(&format!(
        "SET application_name = 'lombard-listen'; LISTEN \"{}\"",
        channel.replace('"', "\"\"")
    ))?;
    Ok(connection)
}

/// Sends `payload`. Nothing has to be durable here, so that the commit, during which PostgreSQL lets
/// no other notification be committed, does not wait for a flush.
pub(crate) fn send(
    connection: &mut AnyConnection,
    channel: &str,
    payload: &str,
) -> Result<(), DatabaseError> {
    match connection {
        AnyConnection::Sqlite(_) => Ok(()),
        AnyConnection::Postgres(connection) => {
            connection.batch_execute("SET LOCAL synchronous_commit = off")?;
            let _: Sent = diesel::sql_query("SELECT pg_notify($1, $2)::text AS sent")
                .bind::<Text, _>(channel)
                .bind::<Text, _>(payload)
                .get_result(connection)?;
            Ok(())
        }
    }
}

/// The one row of `pg_notify`, whose value means nothing.
#[derive(QueryableByName)]
struct Sent {
    #[diesel(sql_type = Text)]
    #[expect(dead_code, reason = "the query's only column")]
    sent: String,
}

/// How long a connection has to last for its loss to be the first of a row.
const LASTING: Duration = Duration::from_secs(10);
