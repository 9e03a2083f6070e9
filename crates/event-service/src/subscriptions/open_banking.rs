//! What OBIE demands of a subscription's content.

use super::{CallbackUrl, EventTypes, RESOURCE_UPDATE, StandardVersion, SubscriptionContent};
use service_kit::outbound::GuardedClient;

/// What a TPP asks for, well-formed.
#[derive(Debug)]
pub(crate) struct ProposedContent {
    pub(crate) callback_url: Option<String>,
    pub(crate) version: String,
    pub(crate) event_types: Option<Vec<String>>,
}

/// Why what a TPP asks for is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RefusedContent {
    /// Not to be called, or not ending in version and `event-notifications`.
    #[error("the callback URL is refused")]
    CallbackUrl,
    /// Event types with a version that has resource updates only.
    #[error("this version has no such event types")]
    EventTypes,
    /// The event type at this place is none of the configured ones.
    #[error("event type {0} is not supported")]
    UnsupportedEventType(usize),
    /// No version with events, or a later one than the API's.
    #[error("the version is not supported")]
    Version,
}

impl ProposedContent {
    /// Checks it at the API of `release`.
    pub(crate) fn accept(
        self,
        release: (u32, u32),
        types: &EventTypes,
        outbound: &GuardedClient,
    ) -> Result<SubscriptionContent, RefusedContent> {
        let version = StandardVersion::parse(&self.version)
            .filter(|version| version.release() <= release)
            .ok_or(RefusedContent::Version)?;
        let callback_url = match self.callback_url {
            None => None,
            Some(url) => Some(
                CallbackUrl::registered(url, outbound)
                    .ok()
                    .filter(CallbackUrl::names_event_notifications)
                    .ok_or(RefusedContent::CallbackUrl)?,
            ),
        };
        let names = self.event_types.as_deref().unwrap_or_default();
        if let Some(place) = names.iter().position(|name| !types.supports(name)) {
            return Err(RefusedContent::UnsupportedEventType(place));
        }
        let is_other = |name: &String| !types.are_equal(name, RESOURCE_UPDATE);
        if version.knows_resource_updates_only() && names.iter().any(is_other) {
            return Err(RefusedContent::EventTypes);
        }
        Ok(SubscriptionContent {
            callback_url,
            version: Some(self.version),
            event_types: self.event_types,
            request: None,
        })
    }
}
