//! `OBErrorResponse1` (OBIE Read/Write, error model of each version).

use actix_web::{HttpResponse, http::StatusCode};

/// Which error model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorModel {
    /// `UK.OBIE.*` codes with `Code` and `Message`.
    V3,
    /// Four-character codes, `Errors` alone required.
    V4,
}

/// One code in both models (obie.md §1.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the standard's")]
pub enum ObErrorCode {
    FieldInvalid,
    FieldMissing,
    FieldUnexpected,
    HeaderInvalid,
    HeaderMissing,
    ResourceInvalidFormat,
    ResourceNotFound,
    RulesResourceAlreadyExists,
    UnexpectedError,
    UnsupportedEventType,
}

/// The answer: `Id` is the interaction id, one `Errors` member with optional `Path`.
#[must_use]
pub fn ob_error(
    model: ErrorModel,
    status: StatusCode,
    code: ObErrorCode,
    message: &str,
    path: Option<&str>,
    interaction_id: &crate::InteractionId,
) -> HttpResponse {
    let _ = (model, status, code, message, path, interaction_id);
    todo!()
}
