//! Subscriptions: what a client wants to be told, where to, and what that means for an event.
//!
//! The Accelerator's subscriptions and OBIE's event subscriptions are one kind of resource, as WSO2
//! maps them; callback URLs are OBIE's older one, which any subscription supersedes.

mod callback_url;
mod event_type;
mod fan_out;
mod open_banking;
mod register;
mod version;

pub(crate) use callback_url::CallbackUrl;
pub use event_type::{EventTypeNames, InvalidEventTypes};
pub(crate) use event_type::{EventTypes, RESOURCE_UPDATE};
pub(crate) use fan_out::{Distribution, FanOut, PushContent, PushedEvents};
pub(crate) use open_banking::{ProposedContent, RefusedContent};
pub(crate) use register::Register;
pub(crate) use version::StandardVersion;

use uuid::Uuid;

/// The number under which a subscription's deliveries are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SubscriptionNo(pub(crate) i32);

/// An active subscription or callback URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) number: SubscriptionNo,
    pub(crate) id: Uuid,
    pub(crate) origin: Origin,
    /// The release of the API that it was made by, such as `v3.1`.
    pub(crate) api_version: String,
    pub(crate) content: SubscriptionContent,
}

/// What the maker of a subscription chooses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SubscriptionContent {
    /// Where events are pushed to; without one they are only polled.
    pub(crate) callback_url: Option<CallbackUrl>,
    /// The release of the standard that it asks for, in its spelling.
    pub(crate) version: Option<String>,
    /// The wanted event types in their spelling; `None` wants all.
    pub(crate) event_types: Option<Vec<String>>,
    /// The Accelerator's request, word for word.
    pub(crate) request: Option<String>,
}

/// Which door made a subscription (`subscription.origin`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i16)]
pub(crate) enum Origin {
    /// `/subscription` of the Accelerator's API.
    Accelerator = 1,
    /// OBIE's `/event-subscriptions`.
    EventSubscription = 2,
    /// OBIE's `/callback-urls`: resource updates only, pushed only.
    CallbackUrl = 3,
}

impl Origin {
    /// What both subscription doors show and change.
    pub(crate) const SUBSCRIPTIONS: &[Self] = &[Self::Accelerator, Self::EventSubscription];
    /// What the door of callback URLs shows and changes.
    pub(crate) const CALLBACK_URLS: &[Self] = &[Self::CallbackUrl];

    /// The number in the database.
    pub(crate) fn code(self) -> i16 {
        self as i16
    }

    /// The origin of that number.
    pub(crate) fn of_code(code: i16) -> Option<Self> {
        [Self::Accelerator, Self::EventSubscription, Self::CallbackUrl]
            .into_iter()
            .find(|origin| origin.code() == code)
    }
}

impl Subscription {
    /// The id that `text` is, in the spelling in which ids are given out.
    pub(crate) fn id_of(text: &str) -> Option<Uuid> {
        let id = Uuid::try_parse(text).ok()?;
        (id.to_string() == text).then_some(id)
    }

    /// The event types that it wants, `None` for all.
    fn wanted(&self) -> Option<Vec<&str>> {
        let resource_updates = self.origin == Origin::CallbackUrl
            || self
                .content
                .version
                .as_deref()
                .and_then(StandardVersion::parse)
                .is_some_and(StandardVersion::knows_resource_updates_only);
        if resource_updates {
            return Some(vec![RESOURCE_UPDATE]);
        }
        let types = self.content.event_types.as_ref()?;
        Some(types.iter().map(String::as_str).collect())
    }
}
