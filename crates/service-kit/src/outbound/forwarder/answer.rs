//! The upstream's answer on its way to the client.

use super::{ForwardError, headers::copy_answer_headers, upload::Upload};
use crate::outbound::service::describe;
use actix_web::{
    HttpResponse,
    body::{BodySize, MessageBody, SizedStream},
    http::StatusCode as ActixStatusCode,
};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use http::{
    Response, StatusCode,
    header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING},
    response::Parts,
};
use hyper::body::{Body, Incoming};
use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep, timeout};

/// Turns `answer` into the client's: short bodies as a whole, so that one that breaks off is still
/// an error of its own; longer ones as they come.
pub(super) async fn relay(
    answer: Response<Incoming>,
    to_head: bool,
    upload: Upload,
    limit: Duration,
) -> Result<HttpResponse, ForwardError> {
    let (parts, mut incoming) = answer.into_parts();
    refuse_ambiguous_framing(&parts)?;
    if to_head || parts.status == StatusCode::NOT_MODIFIED {
        return head_only(&parts);
    }
    match incoming.size_hint().exact() {
        Some(length) if length <= READ_WHOLE => {
            let whole = timeout(limit, read_whole(&mut incoming));
            let whole = whole.await.map_err(|_| ForwardError::Timeout)??;
            Ok(answer_head(&parts, false)?.set_body(whole).map_into_boxed_body())
        }
        length => {
            let size = length.map_or(BodySize::Stream, BodySize::Sized);
            let idle = Box::pin(sleep(limit));
            let body = RelayedBody { incoming, size, limit, idle, _upload: upload };
            Ok(answer_head(&parts, false)?.set_body(body).map_into_boxed_body())
        }
    }
}

/// A body passed on piece by piece.
struct RelayedBody {
    incoming: Incoming,
    size: BodySize,
    limit: Duration,
    idle: Pin<Box<Sleep>>,
    /// An upstream may answer before it has the whole request.
    _upload: Upload,
}

impl MessageBody for RelayedBody {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        loop {
            match Pin::new(&mut self.incoming).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => {
                    let deadline = Instant::now() + self.limit;
                    self.idle.as_mut().reset(deadline);
                    // Trailers are dropped, as RFC 9110 §6.5.1 allows.
                    if let Ok(piece) = frame.into_data() {
                        return Poll::Ready(Some(Ok(piece)));
                    }
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error.into()))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => {
                    let idle = self.idle.as_mut().poll(context);
                    return idle.map(|()| Some(Err("the upstream stopped sending".into())));
                }
            }
        }
    }
}

/// Whoever disagrees with us about where such an answer ends could be made to read a part of it as
/// the next one (RFC 9112 §6.3).
fn refuse_ambiguous_framing(parts: &Parts) -> Result<(), ForwardError> {
    if parts.status == StatusCode::SWITCHING_PROTOCOLS {
        return Err(ForwardError::BrokenAnswer("switches protocols unasked".to_owned()));
    }
    let Some(encoding) = parts.headers.get(TRANSFER_ENCODING) else { return Ok(()) };
    if parts.headers.contains_key(CONTENT_LENGTH) {
        return Err(ForwardError::BrokenAnswer("two ways to find its end".to_owned()));
    }
    if encoding.as_bytes().eq_ignore_ascii_case(b"chunked") {
        Ok(())
    } else {
        Err(ForwardError::BrokenAnswer("unknown transfer encoding".to_owned()))
    }
}

/// An answer without a body that may state the length of the one it stands for.
fn head_only(parts: &Parts) -> Result<HttpResponse, ForwardError> {
    if parts.status == StatusCode::NOT_MODIFIED {
        return Ok(answer_head(parts, true)?.map_into_boxed_body());
    }
    let answer = answer_head(parts, false)?;
    Ok(match stated_length(&parts.headers) {
        Some(length) => {
            let nothing: SizedStream<_> = SizedStream::new(length, no_pieces());
            answer.set_body(nothing).map_into_boxed_body()
        }
        None => answer.map_into_boxed_body(),
    })
}

fn no_pieces() -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    stream::empty()
}

fn stated_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn answer_head(parts: &Parts, keep_length: bool) -> Result<HttpResponse<()>, ForwardError> {
    let status = ActixStatusCode::from_u16(parts.status.as_u16())
        .map_err(|error| ForwardError::BrokenAnswer(error.to_string()))?;
    let mut answer = HttpResponse::with_body(status, ());
    copy_answer_headers(&parts.headers, answer.headers_mut(), keep_length);
    Ok(answer)
}

async fn read_whole(incoming: &mut Incoming) -> Result<Bytes, ForwardError> {
    let mut first = Bytes::new();
    let mut more = BytesMut::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut *incoming).poll_frame(context)).await {
        let frame = frame.map_err(|error| ForwardError::BrokenAnswer(describe(&error)))?;
        let Ok(piece) = frame.into_data() else { continue };
        if first.is_empty() {
            first = piece;
        } else {
            if more.is_empty() {
                more.extend_from_slice(&first);
            }
            more.extend_from_slice(&piece);
        }
    }
    Ok(if more.is_empty() { first } else { more.freeze() })
}

/// Answers up to here are read as a whole.
const READ_WHOLE: u64 = 16 * 1024;
