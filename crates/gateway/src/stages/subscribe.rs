//! Whether the client subscribed to the API.

use super::bind::Bound;
use crate::declarative::Subscriptions;
use crate::refusal::Refusal;

/// A bound call of a client with a subscription to the API.
#[derive(Debug)]
pub(crate) struct Subscribed<'c> {
    bound: Bound<'c>,
}

/// Looks the token's client up in the subscriptions.
pub(crate) fn subscribe<'c>(
    bound: Bound<'c>,
    subscriptions: &Subscriptions,
) -> Result<Subscribed<'c>, Refusal> {
    let authenticated = bound.authenticated();
    let api = &authenticated.routed().api().definition.name;
    match subscriptions.find(authenticated.token().client_id(), api) {
        Some(_) => Ok(Subscribed { bound }),
        None => Err(Refusal::NotSubscribed),
    }
}

impl<'c> Subscribed<'c> {
    /// The bound call.
    pub(crate) fn bound(&self) -> &Bound<'c> {
        &self.bound
    }
}
