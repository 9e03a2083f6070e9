//! Whether the client subscribed to the API.

use super::bind::Bound;
use crate::declarative::Subscriptions;
use crate::refusal::Refusal;

/// A bound call of a client with a subscription to the API, or of an API that needs none.
#[derive(Debug)]
pub(crate) struct Subscribed<'c> {
    bound: Bound<'c>,
}

/// Looks the token's client up in the subscriptions.
pub(crate) fn subscribe<'c>(
    bound: Bound<'c>,
    subscriptions: &Subscriptions,
) -> Result<Subscribed<'c>, Refusal> {
    let recognised = bound.recognised();
    let api = &recognised.call().api().definition;
    let (client_id, roles) = (recognised.token().client_id(), recognised.client().roles());
    if !api.subscription_required || subscriptions.find(client_id, roles, &api.name).is_some() {
        Ok(Subscribed { bound })
    } else {
        Err(Refusal::NotSubscribed)
    }
}

impl<'c> Subscribed<'c> {
    /// The bound call.
    pub(crate) fn bound(&self) -> &Bound<'c> {
        &self.bound
    }
}
