//! Which messages are signed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Section `[event_service.message_signing]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MessageSigningConfig {
    /// Whether POST and PUT of `/event-subscriptions` must be signed.
    pub event_subscriptions: bool,
    /// Whether POST and PUT of `/callback-urls` must be signed.
    pub callback_urls: bool,
    /// Whether answers are signed where requests must be, errors included.
    pub sign_answers: bool,
    /// The trust anchors that a signature may name in `http://openbanking.org.uk/tan`.
    pub trust_anchors: Vec<String>,
    /// Seconds that `http://openbanking.org.uk/iat` may lie ahead.
    pub clock_skew_seconds: u32,
    /// Seconds for which a client's keys are used without asking the key manager again.
    pub key_cache_seconds: u32,
}

/// A resource whose messages may be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignedResource {
    /// `/callback-urls`
    CallbackUrls,
    /// `/event-subscriptions`
    EventSubscriptions,
}

/// A setting that cannot work.
#[derive(Debug, thiserror::Error)]
#[error("message_signing.trust_anchors must name one where requests must be signed")]
pub struct InvalidMessageSigning;

impl MessageSigningConfig {
    /// Refuses what cannot work.
    pub(crate) fn check(&self) -> Result<(), InvalidMessageSigning> {
        if self.is_on() && self.trust_anchors.is_empty() {
            return Err(InvalidMessageSigning);
        }
        Ok(())
    }

    /// Whether any answer is signed.
    pub(crate) fn signs_answers(&self) -> bool {
        self.is_on() && self.sign_answers
    }

    /// Whether requests to `resource` must be signed.
    pub(crate) fn covers(&self, resource: SignedResource) -> bool {
        match resource {
            SignedResource::CallbackUrls => self.callback_urls,
            SignedResource::EventSubscriptions => self.event_subscriptions,
        }
    }

    fn is_on(&self) -> bool {
        self.event_subscriptions || self.callback_urls
    }
}

impl SignedResource {
    /// The resource of a path below a version's base path, such as `/open-banking/v3.1`.
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path.trim_start_matches('/').split('/').nth(2)? {
            "callback-urls" => Some(Self::CallbackUrls),
            "event-subscriptions" => Some(Self::EventSubscriptions),
            _ => None,
        }
    }
}

impl Default for MessageSigningConfig {
    fn default() -> Self {
        Self {
            event_subscriptions: false,
            callback_urls: false,
            sign_answers: true,
            trust_anchors: vec!["openbanking.org.uk".to_owned()],
            clock_skew_seconds: 30,
            key_cache_seconds: 60,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MessageSigningConfig, SignedResource};

    #[test]
    fn a_resource_is_found_by_its_path_in_every_version() {
        for (path, resource) in [
            ("/open-banking/v3.1/event-subscriptions", Some(SignedResource::EventSubscriptions)),
            ("/open-banking/v4.0/event-subscriptions/7", Some(SignedResource::EventSubscriptions)),
            ("/open-banking/v3.1/callback-urls/", Some(SignedResource::CallbackUrls)),
            ("/open-banking/v3.1/events", None),
            ("/open-banking/v3.1", None),
            ("/event-subscriptions", None),
        ] {
            assert_eq!(SignedResource::of(path), resource, "{path}");
        }
    }

    #[test]
    fn signing_without_a_trust_anchor_is_refused() {
        let none =
            MessageSigningConfig { trust_anchors: vec![], ..MessageSigningConfig::default() };
        assert!(none.check().is_ok());
        assert!(MessageSigningConfig { callback_urls: true, ..none }.check().is_err());
    }
}
