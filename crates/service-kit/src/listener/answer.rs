//! The body of an answer, which tells the connection when it has been handed over.

use super::connection::Connection;
use actix_http::body::{BodySize, BoxBody, MessageBody};
use bytes::Bytes;
use std::{
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

/// An answer's body. The dispatcher drops it when it has taken all of it, or when the client is gone.
pub(super) struct Answer {
    body: BoxBody,
    connection: Rc<Connection>,
}

impl Answer {
    pub(super) fn new(body: BoxBody, connection: Rc<Connection>) -> Self {
        Self { body, connection }
    }
}

impl MessageBody for Answer {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.connection.end_answer();
    }
}
