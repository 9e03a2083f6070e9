//! Bodies of the REST API: JSON, read strictly and never past the limit.

use crate::error::ApiError;
use actix_web::http::header;
use actix_web::web::Payload;
use actix_web::{HttpRequest, error::PayloadError};
use serde::de::DeserializeOwned;
use service_kit::errors::payload::PayloadFault;

/// The most bytes of a body.
const LIMIT: usize = 64 * 1024;

/// Reads the body as `T`; members that `T` does not know or that stand there twice are refused.
pub(crate) async fn read<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: Payload,
) -> Result<T, ApiError> {
    let text = text(payload).await?;
    check_media_type(request)?;
    parse(&text)
}

/// The same, where a call without a body means `T`'s default.
pub(crate) async fn read_optional<T: DeserializeOwned + Default>(
    request: &HttpRequest,
    payload: Payload,
) -> Result<T, ApiError> {
    let text = text(payload).await?;
    if text.is_empty() {
        return Ok(T::default());
    }
    check_media_type(request)?;
    parse(&text)
}

async fn text(payload: Payload) -> Result<String, ApiError> {
    let body = match payload.to_bytes_limited(LIMIT).await {
        Ok(Ok(body)) => body,
        Ok(Err(error)) => {
            let fault = error.as_error::<PayloadError>().map_or(PayloadFault::Broken, Into::into);
            return Err(ApiError::Payload(fault));
        }
        Err(_) => return Err(ApiError::Payload(PayloadFault::TooLarge)),
    };
    String::from_utf8(body.into()).map_err(|_| ApiError::Body("not UTF-8".to_owned()))
}

fn check_media_type(request: &HttpRequest) -> Result<(), ApiError> {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = value.and_then(|value| value.split(';').next()).unwrap_or_default();
    if media_type.trim().eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(ApiError::MediaType)
    }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, ApiError> {
    // serde fills a struct from a list too.
    if !text.trim_start().starts_with('{') {
        return Err(ApiError::Body("not a JSON object".to_owned()));
    }
    jose::from_str_strict(text).map_err(|error| ApiError::Body(error.to_string()))
}
