//! Request bodies with deadlines.

use super::{Limits, connection::Connection, watchdog::Watchdog};
use actix_http::{Payload, error::PayloadError};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use std::{
    cell::{Cell, RefCell},
    io,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::time::Instant;

/// What the guard keeps of a body that it has handed to the application.
pub(super) struct BodyWatch {
    connection: Rc<Connection>,
    limits: Arc<Limits>,
    /// When the whole body must be there.
    deadline: Instant,
    timed_out: Cell<bool>,
    /// What the application left unread.
    leftover: RefCell<Option<Payload>>,
}

/// A body as the application reads it. A client that makes it wait too long gives an I/O error.
struct WatchedBody {
    payload: Payload,
    watch: Rc<BodyWatch>,
    watchdog: Watchdog,
    /// When the next piece must be there.
    idle_deadline: Option<Instant>,
    ended: bool,
}

impl BodyWatch {
    /// Puts a watched body in the place of `payload`.
    pub(super) fn install(
        payload: &mut Payload,
        connection: &Rc<Connection>,
        limits: &Arc<Limits>,
    ) -> Rc<Self> {
        let watch = Rc::new(Self {
            connection: Rc::clone(connection),
            limits: Arc::clone(limits),
            deadline: Instant::now() + limits.body_total,
            timed_out: Cell::new(false),
            leftover: RefCell::new(None),
        });
        let body = WatchedBody::new(std::mem::replace(payload, Payload::None), &watch);
        *payload = Payload::Stream { payload: Box::pin(body) };
        watch
    }

    /// Whether the client was too slow.
    pub(super) fn timed_out(&self) -> bool {
        self.timed_out.get()
    }

    /// Reads what the application left of a body that declared `length` bytes, if that is little:
    /// otherwise the dispatcher would have to close the connection after the answer.
    pub(super) async fn drain(self: &Rc<Self>, length: Option<usize>) {
        let Some(payload) = self.leftover.take() else { return };
        if length.is_none_or(|length| length > self.limits.body_bytes) || self.timed_out.get() {
            return;
        }
        let mut rest = WatchedBody::new(payload, self);
        while let Some(Ok(_)) = rest.next().await {}
        // Slowness in what nobody wanted to read does not change the answer.
        self.timed_out.set(false);
    }
}

impl WatchedBody {
    fn new(payload: Payload, watch: &Rc<BodyWatch>) -> Self {
        Self {
            payload,
            watch: Rc::clone(watch),
            watchdog: Watchdog::new(),
            idle_deadline: None,
            ended: false,
        }
    }

    fn end(&mut self) {
        self.ended = true;
        self.watch.connection.end_body();
    }
}

impl Stream for WatchedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.payload).poll_next(cx);
        if let Poll::Ready(item) = &polled {
            this.idle_deadline = None;
            if !matches!(item, Some(Ok(_))) {
                this.end();
            }
            return polled;
        }
        let idle = this.watch.limits.body_idle;
        let deadline = *this.idle_deadline.get_or_insert_with(|| Instant::now() + idle);
        if this.watchdog.is_past(deadline.min(this.watch.deadline), cx) {
            this.ended = true;
            this.watch.timed_out.set(true);
            let error = io::Error::new(io::ErrorKind::TimedOut, "the body did not come in time");
            return Poll::Ready(Some(Err(PayloadError::Io(error))));
        }
        Poll::Pending
    }
}

impl Drop for WatchedBody {
    fn drop(&mut self) {
        if !self.ended {
            let payload = std::mem::replace(&mut self.payload, Payload::None);
            self.watch.leftover.replace(Some(payload));
        }
    }
}
