//! The client's body on its way to the upstream.

use actix_web::{
    HttpRequest,
    error::PayloadError,
    http::header::{CONTENT_LENGTH, TRANSFER_ENCODING},
    rt::task::JoinHandle,
    web,
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use hyper::body::{Body, Frame, SizeHint};
use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};
use tokio::{sync::mpsc, time::Instant};

/// A body that is being sent; dropped before its end, it breaks off.
///
/// actix's payload cannot leave its thread and hyper's pooled client wants a body that can, so a
/// task moves the pieces through a bounded channel.
pub(super) struct Upload {
    state: Rc<State>,
    pump: Option<JoinHandle<()>>,
}

/// What hyper sends.
pub(super) enum UpstreamBody {
    Whole(Option<Bytes>),
    Streamed { pieces: mpsc::Receiver<Piece>, remaining: Option<u64>, ended: bool },
}

/// The client's body ended before its end.
#[derive(Debug, thiserror::Error)]
#[error("the client's body broke off")]
pub(super) struct BrokenOff;

/// Either more of the body, or its proper end; a channel that closes without one means neither.
pub(super) enum Piece {
    Data(Bytes),
    End,
}

struct State {
    fault: RefCell<Option<PayloadError>>,
    last_progress: Cell<Instant>,
}

impl Upload {
    /// Reads a small body whole, or starts to stream a larger one.
    pub(super) async fn start(
        request: &HttpRequest,
        payload: web::Payload,
        limit: usize,
    ) -> Result<(UpstreamBody, Self), PayloadError> {
        let state =
            Rc::new(State { fault: RefCell::new(None), last_progress: Cell::new(Instant::now()) });
        let length = declared_length(request);
        match length {
            Some(length) if length > limit as u64 => Err(PayloadError::Overflow),
            Some(length) if length <= READ_WHOLE => {
                let whole = read_whole(payload, length).await?;
                Ok((UpstreamBody::Whole(Some(whole)), Self { state, pump: None }))
            }
            _ => {
                let (sender, pieces) = mpsc::channel(PIECES_AHEAD);
                let pump = pump(payload, sender, limit, Rc::clone(&state));
                let pump = Some(actix_web::rt::spawn(pump));
                let body = UpstreamBody::Streamed { pieces, remaining: length, ended: false };
                Ok((body, Self { state, pump }))
            }
        }
    }

    /// What was wrong with the client's body, if anything.
    pub(super) fn take_fault(&self) -> Option<PayloadError> {
        self.state.fault.borrow_mut().take()
    }

    /// When the client last sent something.
    pub(super) fn last_progress(&self) -> Instant {
        self.state.last_progress.get()
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(pump) = &self.pump {
            pump.abort();
        }
    }
}

impl Body for UpstreamBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        match &mut *self {
            Self::Whole(bytes) => {
                let bytes = bytes.take().filter(|bytes| !bytes.is_empty());
                Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
            }
            Self::Streamed { ended: true, .. } => Poll::Ready(None),
            Self::Streamed { pieces, remaining, ended } => {
                let piece = std::task::ready!(pieces.poll_recv(context));
                Poll::Ready(match piece {
                    Some(Piece::Data(bytes)) => {
                        if let Some(remaining) = remaining {
                            *remaining = remaining.saturating_sub(bytes.len() as u64);
                        }
                        Some(Ok(Frame::data(bytes)))
                    }
                    Some(Piece::End) => {
                        *ended = true;
                        None
                    }
                    None => Some(Err(BrokenOff)),
                })
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Streamed { ended, .. } => *ended,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Streamed { remaining: Some(remaining), .. } => SizeHint::with_exact(*remaining),
            Self::Streamed { remaining: None, .. } => SizeHint::default(),
        }
    }
}

/// Whether the client said that its body is empty.
pub(super) fn is_declared_empty(request: &HttpRequest) -> bool {
    request.headers().contains_key(CONTENT_LENGTH) && declared_length(request) == Some(0)
}

/// The length of the body: unknown when chunked, 0 when neither header is there (RFC 9112 §6.3).
fn declared_length(request: &HttpRequest) -> Option<u64> {
    let headers = request.headers();
    if headers.contains_key(TRANSFER_ENCODING) {
        return None;
    }
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    Some(length.and_then(|length| length.trim().parse().ok()).unwrap_or(0))
}

/// A body of `length` bytes; actix ends the payload at exactly that many.
async fn read_whole(mut payload: web::Payload, length: u64) -> Result<Bytes, PayloadError> {
    if length == 0 {
        return Ok(Bytes::new());
    }
    let Some(first) = payload.next().await.transpose()? else {
        return Err(PayloadError::Incomplete(None));
    };
    if first.len() as u64 == length {
        return Ok(first);
    }
    let mut whole = BytesMut::from(first);
    while let Some(piece) = payload.next().await {
        whole.extend_from_slice(&piece?);
    }
    if whole.len() as u64 == length {
        Ok(whole.freeze())
    } else {
        Err(PayloadError::Incomplete(None))
    }
}

async fn pump(
    mut payload: web::Payload,
    sender: mpsc::Sender<Piece>,
    limit: usize,
    state: Rc<State>,
) {
    let mut room = limit;
    while let Some(piece) = payload.next().await {
        let piece = match piece {
            Ok(piece) if piece.len() > room => Err(PayloadError::Overflow),
            piece => piece,
        };
        match piece {
            Ok(piece) => {
                room -= piece.len();
                if sender.send(Piece::Data(piece)).await.is_err() {
                    return;
                }
                state.last_progress.set(Instant::now());
            }
            Err(fault) => {
                state.fault.replace(Some(fault));
                return;
            }
        }
    }
    // The upstream may have answered already and taken no more.
    let _ = sender.send(Piece::End).await;
}

/// Bodies up to here are read before the upstream is called: cheaper than streaming, and a client
/// that breaks off costs the upstream nothing.
const READ_WHOLE: u64 = 64 * 1024;
const PIECES_AHEAD: usize = 4;
