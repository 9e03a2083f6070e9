//! Reading a request body whole, within the limit of every door.

use actix_web::error::PayloadError;
use actix_web::web::{Bytes, Payload};
use service_kit::errors::payload::PayloadFault;

/// A body that did not arrive as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.description())]
pub(crate) struct BodyError(pub(crate) PayloadFault);

/// The whole body.
pub(crate) async fn read(payload: Payload) -> Result<Bytes, BodyError> {
    read_at_most(payload, BODY_LIMIT).await
}

/// The whole body of at most `limit` bytes.
pub(crate) async fn read_at_most(payload: Payload, limit: usize) -> Result<Bytes, BodyError> {
    match payload.to_bytes_limited(limit).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) => Err(BodyError(
            error.as_error::<PayloadError>().map_or(PayloadFault::Broken, PayloadFault::from),
        )),
        Err(_) => Err(BodyError(PayloadFault::TooLarge)),
    }
}

/// Bytes of a request body.
const BODY_LIMIT: usize = 64 * 1024;
