//! `x-idempotency-key`: the caller's name for a request that it may send again.

use crate::event::{IdempotencyKey, InvalidIdempotencyKey};
use actix_web::http::header::HeaderMap;

/// The header's one value, if it is there.
pub(crate) fn read(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, InvalidIdempotencyKey> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY_HEADER);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => IdempotencyKey::parse(value.as_bytes()).map(Some),
        (Some(_), Some(_)) => Err(InvalidIdempotencyKey),
    }
}

const IDEMPOTENCY_KEY_HEADER: &str = "x-idempotency-key";
