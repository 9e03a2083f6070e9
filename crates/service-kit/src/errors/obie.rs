//! `OBErrorResponse1` (OBIE Read/Write, error model of each version).

use super::{JSON_UTF8, json_answer};
use crate::InteractionId;
use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;

/// Which error model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorModel {
    /// `UK.OBIE.*` codes with `Code` and `Message`.
    V3,
    /// Four-character codes, `Errors` alone required.
    V4,
}

/// One code in both models; the v4 namespace maps each `U0nn` to one `UK.OBIE` name.
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
    SignatureInvalid,
    SignatureInvalidClaim,
    SignatureMalformed,
    SignatureMissing,
    SignatureMissingClaim,
    SignatureUnexpected,
    UnexpectedError,
    UnsupportedEventType,
}

/// The one reason of an answer.
#[derive(Clone, Copy, Debug)]
pub struct ObError<'a> {
    /// What kind of fault it is.
    pub code: ObErrorCode,
    /// What is wrong, for people; cut at 500 characters.
    pub message: &'a str,
    /// The field or header at fault; cut at 500 characters.
    pub path: Option<&'a str>,
    /// Where to read more.
    pub url: Option<&'a str>,
}

/// The answer: `Id` is the interaction id, one `Errors` member.
#[must_use]
pub fn ob_error(
    model: ErrorModel,
    status: StatusCode,
    error: ObError<'_>,
    interaction_id: &InteractionId,
) -> HttpResponse {
    let error = ObError1 {
        error_code: error.code.in_model(model),
        message: truncated(error.message),
        path: error.path.map(truncated),
        url: error.url,
    };
    json_answer(status, JSON_UTF8, &envelope(model, status, interaction_id.as_str(), error))
}

impl ObErrorCode {
    /// The code's text in `model`.
    #[must_use]
    pub fn in_model(self, model: ErrorModel) -> &'static str {
        let (v3, v4) = self.texts();
        match model {
            ErrorModel::V3 => v3,
            ErrorModel::V4 => v4,
        }
    }

    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::FieldInvalid => ("UK.OBIE.Field.Invalid", "U002"),
            Self::FieldMissing => ("UK.OBIE.Field.Missing", "U004"),
            Self::FieldUnexpected => ("UK.OBIE.Field.Unexpected", "U005"),
            Self::HeaderInvalid => ("UK.OBIE.Header.Invalid", "U006"),
            Self::HeaderMissing => ("UK.OBIE.Header.Missing", "U007"),
            Self::ResourceInvalidFormat => ("UK.OBIE.Resource.InvalidFormat", "U010"),
            Self::ResourceNotFound => ("UK.OBIE.Resource.NotFound", "U011"),
            Self::RulesResourceAlreadyExists => ("UK.OBIE.Rules.ResourceAlreadyExists", "U029"),
            Self::SignatureInvalid => ("UK.OBIE.Signature.Invalid", "U015"),
            Self::SignatureInvalidClaim => ("UK.OBIE.Signature.InvalidClaim", "U016"),
            Self::SignatureMalformed => ("UK.OBIE.Signature.Malformed", "U018"),
            Self::SignatureMissing => ("UK.OBIE.Signature.Missing", "U019"),
            Self::SignatureMissingClaim => ("UK.OBIE.Signature.MissingClaim", "U017"),
            Self::SignatureUnexpected => ("UK.OBIE.Signature.Unexpected", "U020"),
            Self::UnexpectedError => ("UK.OBIE.UnexpectedError", "U000"),
            Self::UnsupportedEventType => ("UK.OBIE.Unsupported.EventType", "U024"),
        }
    }
}

/// `Code` and `Message` are deprecated in the v4 model and left out there.
fn envelope<'a>(
    model: ErrorModel,
    status: StatusCode,
    id: &'a str,
    error: ObError1<'a>,
) -> ObErrorResponse1<'a> {
    let v3 = model == ErrorModel::V3;
    ObErrorResponse1 {
        code: v3.then(|| status_code_text(status)),
        id,
        message: v3.then_some(error.message),
        errors: [error],
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ObErrorResponse1<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    errors: [ObError1<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ObError1<'a> {
    error_code: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

/// `400 BadRequest`, the form of the standard's examples.
fn status_code_text(status: StatusCode) -> String {
    let reason: String =
        status.canonical_reason().unwrap_or("Error").split([' ', '-', '\'']).collect();
    format!("{} {reason}", status.as_u16())
}

/// `Message` and `Path` hold at most 500 characters.
fn truncated(text: &str) -> &str {
    text.char_indices().nth(500).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn error(model: ErrorModel, path: Option<&'static str>) -> ObError1<'static> {
        let code = ObErrorCode::FieldInvalid.in_model(model);
        ObError1 { error_code: code, message: "maxEvents is negative", path, url: None }
    }

    #[test]
    fn the_v3_model_has_code_id_message_and_errors() {
        let error = error(ErrorModel::V3, Some("maxEvents"));
        let body = envelope(ErrorModel::V3, StatusCode::BAD_REQUEST, "an-id", error);
        assert_eq!(
            serde_json::to_value(body).unwrap(),
            json!({"Code": "400 BadRequest", "Id": "an-id", "Message": "maxEvents is negative",
                   "Errors": [{"ErrorCode": "UK.OBIE.Field.Invalid",
                               "Message": "maxEvents is negative", "Path": "maxEvents"}]})
        );
    }

    #[test]
    fn the_v4_model_has_four_character_codes_and_no_deprecated_members() {
        let body =
            envelope(ErrorModel::V4, StatusCode::BAD_REQUEST, "an-id", error(ErrorModel::V4, None));
        assert_eq!(
            serde_json::to_value(body).unwrap(),
            json!({"Id": "an-id",
                   "Errors": [{"ErrorCode": "U002", "Message": "maxEvents is negative"}]})
        );
    }

    #[test]
    fn texts_are_cut_at_500_characters_not_bytes() {
        assert_eq!(truncated(&"é".repeat(600)).chars().count(), 500);
        assert_eq!(truncated("short"), "short");
    }

    #[test]
    fn every_code_of_the_v4_model_has_four_characters() {
        for code in [
            ObErrorCode::FieldInvalid,
            ObErrorCode::FieldMissing,
            ObErrorCode::FieldUnexpected,
            ObErrorCode::HeaderInvalid,
            ObErrorCode::HeaderMissing,
            ObErrorCode::ResourceInvalidFormat,
            ObErrorCode::ResourceNotFound,
            ObErrorCode::RulesResourceAlreadyExists,
            ObErrorCode::SignatureInvalid,
            ObErrorCode::SignatureInvalidClaim,
            ObErrorCode::SignatureMalformed,
            ObErrorCode::SignatureMissing,
            ObErrorCode::SignatureMissingClaim,
            ObErrorCode::SignatureUnexpected,
            ObErrorCode::UnexpectedError,
            ObErrorCode::UnsupportedEventType,
        ] {
            assert_eq!(code.in_model(ErrorModel::V4).len(), 4);
            assert!(code.in_model(ErrorModel::V3).starts_with("UK.OBIE."));
        }
    }
}
