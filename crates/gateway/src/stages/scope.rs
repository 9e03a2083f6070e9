//! Whether the token allows the API.

use super::route::Call;
use super::subscribe::Subscribed;
use crate::refusal::Refusal;
use crate::token::VerifiedToken;
use service_kit::ClientCertificate;

/// A call with a token that passed every check.
#[derive(Debug)]
pub(crate) struct Allowed<'c> {
    subscribed: Subscribed<'c>,
}

/// Any one of the API's scopes suffices; an API without scopes asks for none.
pub(crate) fn scope(subscribed: Subscribed<'_>) -> Result<Allowed<'_>, Refusal> {
    let recognised = subscribed.bound().recognised();
    let (call, token) = (recognised.call(), recognised.token());
    let scopes = &call.api().definition.scopes;
    if scopes.is_empty() || scopes.iter().any(|scope| token.has_scope(scope)) {
        return Ok(Allowed { subscribed });
    }
    Err(Refusal::ScopeMissing {
        resource: call.template().to_owned(),
        challenge: call.api().scope_challenge.clone(),
    })
}

impl<'c> Allowed<'c> {
    /// The call.
    pub(crate) fn call(&self) -> &Call<'c> {
        self.subscribed.bound().recognised().call()
    }

    /// The token.
    pub(crate) fn token(&self) -> &VerifiedToken {
        self.subscribed.bound().recognised().token()
    }

    /// The certificate that the token is bound to.
    pub(crate) fn certificate(&self) -> &ClientCertificate {
        self.subscribed.bound().certificate()
    }
}
