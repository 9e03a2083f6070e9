//! Reading a request body whole, within the limit of every door.

use actix_web::error::PayloadError;
use actix_web::web::{Bytes, Payload};

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    /// The client stopped sending, or broke the framing.
    #[error("incomplete body")]
    Incomplete,
    /// The client was too slow.
    #[error("the body did not arrive in time")]
    TimedOut,
    /// More than the limit.
    #[error("body over {BODY_LIMIT} bytes")]
    TooLarge,
}

/// The whole body.
pub(super) async fn read(payload: Payload) -> Result<Bytes, BodyError> {
    match payload.to_bytes_limited(BODY_LIMIT).await {
        Ok(body) => body.map_err(|error| match error.as_error::<PayloadError>() {
            Some(PayloadError::Io(io)) if io.kind() == std::io::ErrorKind::TimedOut => {
                BodyError::TimedOut
            }
            Some(PayloadError::Overflow) => BodyError::TooLarge,
            _ => BodyError::Incomplete,
        }),
        Err(_) => Err(BodyError::TooLarge),
    }
}

/// Bytes of a request body.
const BODY_LIMIT: usize = 64 * 1024;
