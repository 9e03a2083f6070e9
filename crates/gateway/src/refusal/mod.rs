//! Why a call is refused, and how it is told.

mod answer;

pub(crate) use answer::Envelope;

use actix_web::http::header::HeaderValue;
use service_kit::CertificateRejection;
use service_kit::errors::payload::PayloadFault;
use service_kit::outbound::ForwardError;

/// Why a call was not answered by its upstream; each stage has its own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// authenticate: `Authorization` is missing, or of a scheme that is not taken here.
    #[error("no bearer token")]
    NoBearer,
    /// authenticate: `Authorization` was sent more than once.
    #[error("repeated Authorization")]
    RepeatedAuthorization,
    /// authenticate: the bearer token.
    #[error("token: {0}")]
    Token(#[from] TokenFault),
    /// bind: the client certificate.
    #[error("certificate: {0}")]
    Certificate(#[from] CertificateFault),
    /// recognise: the token's client.
    #[error("client: {0}")]
    Client(#[from] ClientFault),
    /// forward: the client's body.
    #[error("body: {0:?}")]
    Body(PayloadFault),
    /// forward: the upstream.
    #[error("upstream: {0}")]
    Upstream(ForwardError),
    /// route: the path could be read in several ways.
    #[error("ambiguous path")]
    AmbiguousPath,
    /// route: no operation of this path has the method; these are the ones there are.
    #[error("method not allowed")]
    MethodNotAllowed(Option<HeaderValue>),
    /// route: nothing below this context has the path.
    #[error("no such resource")]
    NoSuchResource,
    /// route: no API has the context.
    #[error("no such context")]
    NoSuchContext,
    /// scope: the token has none of the API's scopes.
    #[error("scope missing for {resource}")]
    ScopeMissing {
        /// The operation's path template.
        resource: String,
        /// What would have sufficed, as a challenge.
        challenge: Option<HeaderValue>,
    },
    /// subscribe: the client has no subscription to the API.
    #[error("not subscribed")]
    NotSubscribed,
}

/// Why a bearer token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenFault {
    #[error("wrong signature")]
    BadSignature,
    #[error("issued before its client was registered")]
    BeforeRegistration,
    #[error("expired")]
    Expired,
    #[error("another issuer's")]
    ForeignIssuer,
    #[error("the token keys are not known yet")]
    NoKeysYet,
    #[error("not a JWS")]
    NotAToken,
    #[error("not yet valid")]
    NotYetValid,
    #[error("revoked")]
    Revoked,
    #[error("signed with an unknown key")]
    UnknownKey,
    #[error("for another audience")]
    WrongAudience,
    #[error("not an access token")]
    WrongType,
}

/// Why the client of a verified token may not use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ClientFault {
    #[error("deleted")]
    Deleted,
    #[error("disabled")]
    Disabled,
    #[error("the key manager does not tell about it")]
    KeyManagerAway,
    #[error("no client is known yet")]
    NotKnownYet,
    #[error("not registered")]
    Unknown,
}

/// Why a token cannot be used with the certificate of its connection (RFC 8705 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CertificateFault {
    #[error("missing")]
    Missing,
    #[error("not the token's")]
    NotTheTokens,
    #[error("rejected: {}", .0.as_str())]
    Rejected(CertificateRejection),
    #[error("the token names none")]
    TokenUnbound,
}

impl Refusal {
    /// The reason code in logs and metrics.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::AmbiguousPath => "ambiguous_path",
            Self::Body(PayloadFault::Broken) => "body_broken",
            Self::Body(PayloadFault::TimedOut) => "body_timed_out",
            Self::Body(PayloadFault::TooLarge) => "body_too_large",
            Self::Certificate(fault) => fault.reason(),
            Self::Client(fault) => fault.reason(),
            Self::MethodNotAllowed(_) => "method_not_allowed",
            Self::NoBearer => "no_bearer",
            Self::NoSuchContext => "no_such_context",
            Self::NoSuchResource => "no_such_resource",
            Self::NotSubscribed => "not_subscribed",
            Self::RepeatedAuthorization => "repeated_authorization",
            Self::ScopeMissing { .. } => "scope_missing",
            Self::Token(fault) => fault.reason(),
            Self::Upstream(ForwardError::Connect(_)) => "upstream_no_connection",
            Self::Upstream(ForwardError::Timeout) => "upstream_timeout",
            Self::Upstream(_) => "upstream_broken_answer",
        }
    }
}

impl TokenFault {
    fn reason(self) -> &'static str {
        match self {
            Self::BadSignature => "token_bad_signature",
            Self::BeforeRegistration => "token_before_registration",
            Self::Expired => "token_expired",
            Self::ForeignIssuer => "token_foreign_issuer",
            Self::NoKeysYet => "token_keys_not_known_yet",
            Self::NotAToken => "token_not_a_jws",
            Self::NotYetValid => "token_not_yet_valid",
            Self::Revoked => "token_revoked",
            Self::UnknownKey => "token_unknown_key",
            Self::WrongAudience => "token_wrong_audience",
            Self::WrongType => "token_wrong_type",
        }
    }
}

impl ClientFault {
    /// Whether the client may come back with the same token: it is us who cannot tell.
    fn is_ours(self) -> bool {
        matches!(self, Self::KeyManagerAway | Self::NotKnownYet)
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Deleted => "client_deleted",
            Self::Disabled => "client_disabled",
            Self::KeyManagerAway => "client_not_told",
            Self::NotKnownYet => "clients_not_known_yet",
            Self::Unknown => "client_unknown",
        }
    }
}

impl CertificateFault {
    fn reason(self) -> &'static str {
        match self {
            Self::Missing => "certificate_missing",
            Self::NotTheTokens => "certificate_not_the_tokens",
            Self::Rejected(rejection) => rejection.as_str(),
            Self::TokenUnbound => "token_unbound",
        }
    }
}

impl From<ForwardError> for Refusal {
    fn from(error: ForwardError) -> Self {
        match error {
            ForwardError::ClientBody(error) => Self::Body(PayloadFault::from(&error)),
            error => Self::Upstream(error),
        }
    }
}
