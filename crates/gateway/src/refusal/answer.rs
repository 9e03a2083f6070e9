//! The answers of refusals, in the format of the API.

use super::{CertificateFault, Refusal, TokenFault};
use crate::declarative::ErrorFormat;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use service_kit::errors::obie::{ErrorModel, ObError, ObErrorCode, ob_error};
use service_kit::errors::payload::PayloadFault;
use service_kit::errors::wso2::{gateway_fault, status_report};
use service_kit::outbound::ForwardError;
use service_kit::{CertificateRejection, InteractionId};
use std::borrow::Cow;

/// What a refusal's answer is put into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Envelope {
    format: ErrorFormat,
    model: ErrorModel,
}

/// A refusal in WSO2's terms.
struct Fault {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
    description: Cow<'static, str>,
}

impl Envelope {
    /// The format of an API with its version, which chooses the OBIE error model.
    pub(crate) fn new(format: ErrorFormat, version: &str) -> Self {
        let is_v4 = version.trim_start_matches(['v', 'V']).starts_with("4.");
        Self { format, model: if is_v4 { ErrorModel::V4 } else { ErrorModel::V3 } }
    }

    /// The answer to a refused call.
    pub(crate) fn answer(self, refusal: &Refusal, interaction_id: &InteractionId) -> HttpResponse {
        let fault = refusal.fault();
        let mut answer = match self.format {
            ErrorFormat::Obie => {
                let (code, path) = refusal.obie();
                let text = &fault.description;
                let error = ObError { code, message: text, path, url: None };
                ob_error(self.model, fault.status, error, interaction_id)
            }
            ErrorFormat::Wso2 => fault.answer(),
        };
        if let Some((name, value)) = refusal.header() {
            answer.headers_mut().insert(name, value);
        }
        answer
    }
}

impl Default for Envelope {
    fn default() -> Self {
        Self { format: ErrorFormat::default(), model: ErrorModel::V3 }
    }
}

impl Fault {
    fn new(
        status: StatusCode,
        code: &'static str,
        message: &'static str,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { status, code, message, description: description.into() }
    }

    fn invalid_credentials(reason: &str) -> Self {
        let description =
            format!("{reason}. Make sure you have provided the correct security credentials");
        Self::new(StatusCode::UNAUTHORIZED, "900901", "Invalid Credentials", description)
    }

    fn missing_credentials() -> Self {
        let description = "Invalid Credentials. Make sure your API invocation call has a header: \
                           'Authorization : Bearer ACCESS_TOKEN'";
        Self::new(StatusCode::UNAUTHORIZED, "900902", "Missing Credentials", description)
    }

    fn cannot_verify() -> Self {
        let message = "Unclassified Authentication Failure";
        let description = "Access tokens cannot be verified at the moment";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "900900", message, description)
    }

    fn scope_missing(resource: &str) -> Self {
        let message = "The access token does not allow you to access the requested resource";
        let description = format!(
            "User is NOT authorized to access the Resource: {resource}. Scope validation failed."
        );
        Self::new(StatusCode::FORBIDDEN, "900910", message, description)
    }

    /// Only authentication faults, `9009nn`, have no `type`.
    fn answer(&self) -> HttpResponse {
        let shape = if self.code.starts_with("9009") { gateway_fault } else { status_report };
        shape(self.status, self.code, self.message, &self.description)
    }
}

impl Refusal {
    /// The one place where reasons become statuses, codes and texts.
    fn fault(&self) -> Fault {
        match self {
            Self::AmbiguousPath | Self::NoSuchContext => Fault::new(
                StatusCode::NOT_FOUND,
                "404",
                "Not Found",
                "The requested resource is not available.",
            ),
            Self::Body(fault) => body_fault(*fault),
            Self::Certificate(fault) => Fault::invalid_credentials(fault.text()),
            Self::MethodNotAllowed(_) => Fault::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "405",
                RUNTIME_ERROR,
                "Method not allowed for given API resource",
            ),
            Self::NoBearer => Fault::missing_credentials(),
            Self::NoSuchResource => Fault::new(
                StatusCode::NOT_FOUND,
                "404",
                RUNTIME_ERROR,
                "No matching resource found for given API Request",
            ),
            Self::NotSubscribed => Fault::new(
                StatusCode::FORBIDDEN,
                "900908",
                "Resource forbidden",
                "User is NOT authorized to access the Resource. API Subscription validation failed.",
            ),
            Self::RepeatedAuthorization => Fault::invalid_credentials("Repeated credentials"),
            Self::ScopeMissing { resource, .. } => Fault::scope_missing(resource),
            Self::Token(TokenFault::NoKeysYet) => Fault::cannot_verify(),
            Self::Client(fault) if fault.is_ours() => Fault::cannot_verify(),
            Self::Client(_) | Self::Token(_) => Fault::invalid_credentials("Invalid Credentials"),
            Self::Upstream(error) => upstream_fault(error),
        }
    }

    /// The OBIE code and the header or member at fault.
    fn obie(&self) -> (ObErrorCode, Option<&'static str>) {
        match self {
            Self::AmbiguousPath | Self::NoSuchContext | Self::NoSuchResource => {
                (ObErrorCode::ResourceNotFound, None)
            }
            Self::Body(_) => (ObErrorCode::ResourceInvalidFormat, None),
            Self::NoBearer => (ObErrorCode::HeaderMissing, Some("Authorization")),
            Self::Certificate(_)
            | Self::Client(_)
            | Self::RepeatedAuthorization
            | Self::ScopeMissing { .. }
            | Self::Token(_) => (ObErrorCode::HeaderInvalid, Some("Authorization")),
            Self::MethodNotAllowed(_) | Self::NotSubscribed | Self::Upstream(_) => {
                (ObErrorCode::UnexpectedError, None)
            }
        }
    }

    /// The header that the answer needs beside its body; challenges are those of RFC 6750 §3.
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Certificate(_) => Some((WWW_AUTHENTICATE, challenge(CERTIFICATE_CHALLENGE))),
            Self::MethodNotAllowed(allow) => Some((ALLOW, allow.clone()?)),
            Self::NoBearer => Some((WWW_AUTHENTICATE, challenge(MISSING_CHALLENGE))),
            Self::ScopeMissing { challenge, .. } => Some((WWW_AUTHENTICATE, challenge.clone()?)),
            Self::Token(TokenFault::NoKeysYet) => Some(RETRY_SOON),
            Self::Client(fault) if fault.is_ours() => Some(RETRY_SOON),
            Self::Client(_) | Self::RepeatedAuthorization | Self::Token(_) => {
                Some((WWW_AUTHENTICATE, challenge(TOKEN_CHALLENGE)))
            }
            Self::AmbiguousPath
            | Self::Body(_)
            | Self::NoSuchContext
            | Self::NoSuchResource
            | Self::NotSubscribed
            | Self::Upstream(_) => None,
        }
    }
}

impl CertificateFault {
    /// Fixed texts: what OpenSSL said stays in the log.
    fn text(self) -> &'static str {
        match self {
            Self::Missing => "Client certificate is missing",
            Self::NotTheTokens => "Client certificate is not the one the access token is bound to",
            Self::Rejected(CertificateRejection::Expired) => "Client certificate is expired",
            Self::Rejected(CertificateRejection::Revoked) => "Client certificate is revoked",
            Self::Rejected(_) => "Client certificate is not trusted",
            Self::TokenUnbound => "Access token is not bound to a client certificate",
        }
    }
}

fn body_fault(fault: PayloadFault) -> Fault {
    let (code, message) = match fault {
        PayloadFault::Broken => ("400", "Bad Request"),
        PayloadFault::TimedOut => ("408", "Request Timeout"),
        PayloadFault::TooLarge => ("413", "Payload Too Large"),
    };
    Fault::new(fault.status(), code, message, fault.description())
}

fn upstream_fault(error: &ForwardError) -> Fault {
    let (status, code, description) = match error {
        ForwardError::Connect(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "101503", "Error connecting to the back end")
        }
        ForwardError::Timeout => {
            (StatusCode::GATEWAY_TIMEOUT, "101504", "The back end did not answer in time")
        }
        _ => (StatusCode::BAD_GATEWAY, "101500", "The answer of the back end cannot be used"),
    };
    Fault::new(status, code, RUNTIME_ERROR, description)
}

fn challenge(text: &'static str) -> HeaderValue {
    HeaderValue::from_static(text)
}

const RETRY_SOON: (HeaderName, HeaderValue) = (RETRY_AFTER, HeaderValue::from_static("1"));
const RUNTIME_ERROR: &str = "Runtime Error";
/// No error code: the client sent no credentials (RFC 6750 §3.1).
const MISSING_CHALLENGE: &str = r#"Bearer realm="WSO2 API Manager""#;
const TOKEN_CHALLENGE: &str = r#"Bearer realm="WSO2 API Manager", error="invalid_token", error_description="The provided token is invalid""#;
const CERTIFICATE_CHALLENGE: &str = r#"Bearer error="invalid_token", realm="WSO2 API Manager""#;
