//! Whether the token allows the API.

use super::route::Routed;
use super::subscribe::Subscribed;
use crate::refusal::Refusal;
use crate::token::VerifiedToken;

/// A call that passed every check.
#[derive(Debug)]
pub(crate) struct Allowed<'c> {
    subscribed: Subscribed<'c>,
}

/// Any one of the API's scopes suffices.
pub(crate) fn scope(subscribed: Subscribed<'_>) -> Result<Allowed<'_>, Refusal> {
    let authenticated = subscribed.bound().authenticated();
    let (routed, token) = (authenticated.routed(), authenticated.token());
    if routed.api().definition.scopes.iter().any(|scope| token.has_scope(scope)) {
        return Ok(Allowed { subscribed });
    }
    Err(Refusal::ScopeMissing {
        resource: routed.template().to_owned(),
        challenge: routed.api().scope_challenge.clone(),
    })
}

impl<'c> Allowed<'c> {
    /// The routed call.
    pub(crate) fn routed(&self) -> &Routed<'c> {
        self.subscribed.bound().authenticated().routed()
    }

    /// The token.
    pub(crate) fn token(&self) -> &VerifiedToken {
        self.subscribed.bound().authenticated().token()
    }
}
