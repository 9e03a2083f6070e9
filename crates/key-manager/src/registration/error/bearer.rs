//! Why an access token is refused.

use crate::presented_token::TokenRefusal;
use actix_web::HttpResponse;
use actix_web::http::header;

/// Why an access token does not allow a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::registration) enum BearerFailure {
    /// Bound to another certificate.
    Certificate,
    /// None.
    Missing,
    /// Of another client than the path names.
    OtherClient,
    /// It does not count.
    Token(TokenRefusal),
    /// The path names no client.
    UnknownClient,
}

impl BearerFailure {
    /// 401 without a body (OB read/write profile); RFC 6750 §3.1: no code where nothing was sent.
    pub(super) fn into_answer(self) -> HttpResponse {
        let challenge = match self {
            Self::Missing => "Bearer realm=\"registration\"",
            _ => "Bearer realm=\"registration\", error=\"invalid_token\"",
        };
        HttpResponse::Unauthorized()
            .insert_header((header::WWW_AUTHENTICATE, challenge))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .finish()
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Certificate => "token_certificate",
            Self::Missing => "token_missing",
            Self::OtherClient => "other_client",
            Self::Token(refusal) => refusal.as_str(),
            Self::UnknownClient => "unknown_client",
        }
    }
}

impl From<TokenRefusal> for BearerFailure {
    fn from(refusal: TokenRefusal) -> Self {
        Self::Token(refusal)
    }
}
