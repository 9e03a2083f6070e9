//! The TLS stream of one connection, with deadlines.

use super::{Limits, connection::Connection, measure::OpenConnection, watchdog::Watchdog};
use actix_rt::net::TcpStream;
use openssl::error::ErrorStack;
use std::{
    io,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::OwnedSemaphorePermit,
    time::Instant,
};
use tokio_openssl::SslStream;

/// Ends, as if the client had closed, when a head or the next request does not come in time; fails
/// when the client does not read.
///
/// Empties the thread's error queue before each call of OpenSSL, which otherwise would take an entry
/// that a handler has left there (a signature that did not verify, say) for this connection's own.
pub(super) struct LimitedStream {
    tls: SslStream<TcpStream>,
    connection: Rc<Connection>,
    limits: Arc<Limits>,
    watchdog: Watchdog,
    /// Until when a waiting write must have made progress.
    write_deadline: Option<Instant>,
    /// Given back when the connection ends.
    _place: (OwnedSemaphorePermit, OpenConnection),
}

impl LimitedStream {
    pub(super) fn new(
        tls: SslStream<TcpStream>,
        connection: Connection,
        limits: Arc<Limits>,
        place: (OwnedSemaphorePermit, OpenConnection),
    ) -> Self {
        Self {
            tls,
            connection: Rc::new(connection),
            limits,
            watchdog: Watchdog::new(),
            write_deadline: None,
            _place: place,
        }
    }

    pub(super) fn connection(&self) -> &Rc<Connection> {
        &self.connection
    }

    /// Bounds how long a write that waits may wait.
    fn limit_write<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.write_deadline = None;
            return written;
        }
        let stall = self.limits.write_stall;
        let deadline = *self.write_deadline.get_or_insert_with(|| Instant::now() + stall);
        if self.watchdog.is_past(deadline, cx) {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the client does not read",
            )));
        }
        Poll::Pending
    }

    /// Whether the client's time for a head, or between two, is up.
    fn has_waited_too_long(&mut self, cx: &mut Context<'_>) -> bool {
        let deadline = self.connection.read_deadline(&self.limits);
        deadline.is_some_and(|deadline| self.watchdog.is_past(deadline, cx))
    }

    /// Tells a client that began a head and did not end it, where nothing else is on its way
    /// (RFC 9110 §15.5.9). Whether it arrives is no longer our concern.
    fn tell_time_out(&mut self, cx: &mut Context<'_>) {
        if self.connection.has_partial_head() && self.write_deadline.is_none() {
            let _ = Pin::new(&mut self.tls).poll_write(cx, REQUEST_TIMEOUT);
        }
    }
}

impl AsyncRead for LimitedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.connection.is_hung_up() && this.write_deadline.is_none() {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        drop(ErrorStack::get());
        let read = Pin::new(&mut this.tls).poll_read(cx, buffer);
        if read.is_ready() {
            this.connection.received(buffer.filled().len() - before);
            return read;
        }
        if this.has_waited_too_long(cx) {
            this.tell_time_out(cx);
            return Poll::Ready(Ok(()));
        }
        Poll::Pending
    }
}

impl AsyncWrite for LimitedStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        drop(ErrorStack::get());
        let written = Pin::new(&mut this.tls).poll_write(cx, bytes);
        this.limit_write(written, cx)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.tls).poll_flush(cx);
        let flushed = this.limit_write(flushed, cx);
        // An answer has been written, but the dispatcher will not read before it is woken: the time
        // for what comes next begins here.
        if flushed.is_ready() && (this.connection.is_hung_up() || this.has_waited_too_long(cx)) {
            cx.waker().wake_by_ref();
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        drop(ErrorStack::get());
        let shut_down = Pin::new(&mut this.tls).poll_shutdown(cx);
        this.limit_write(shut_down, cx)
    }
}

const REQUEST_TIMEOUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
