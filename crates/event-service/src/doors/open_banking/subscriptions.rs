//! `/event-subscriptions`: which events a client wants, and where they are pushed to, if at all.

use super::Version;
use super::resource::{Proposal, Resource};
use crate::subscriptions::{CallbackUrl, Origin, ProposedContent, Subscription};
use open_banking_types::event_subscriptions::{EventSubscription, EventSubscriptionRequest};
use open_banking_types::fields::InvalidField;
use serde::Serialize;
use serde_json::Value;

/// `OBEventSubscription1`.
pub(super) struct EventSubscriptions;

/// `Data` of `OBEventSubscriptionsResponse1`.
#[derive(Serialize)]
pub(super) struct EventSubscriptionList {
    #[serde(rename = "EventSubscription")]
    all: Vec<EventSubscription>,
}

impl Resource for EventSubscriptions {
    const PATH: &'static str = "/event-subscriptions";
    const DOOR: &'static str = "event_subscriptions";
    const ORIGIN: Origin = Origin::EventSubscription;
    const ORIGINS: &'static [Origin] = Origin::SUBSCRIPTIONS;
    const ID_FIELD: &'static str = "Data.EventSubscriptionId";
    const URL_FIELD: &'static str = "Data.CallbackUrl";
    type Data = EventSubscription;
    type List = EventSubscriptionList;

    fn read_new(document: &Value) -> Result<Proposal, InvalidField> {
        EventSubscriptionRequest::read_new(document).map(Proposal::from)
    }

    fn read_change(document: &Value) -> Result<Proposal, InvalidField> {
        EventSubscriptionRequest::read_change(document).map(Proposal::from)
    }

    fn data(subscription: &Subscription, version: Version) -> EventSubscription {
        let content = &subscription.content;
        EventSubscription {
            event_subscription_id: subscription.id.to_string(),
            callback_url: content.callback_url.as_ref().map(CallbackUrl::as_str).map(str::to_owned),
            version: version.of(subscription),
            event_types: content.event_types.clone(),
        }
    }

    fn list(all: Vec<EventSubscription>) -> EventSubscriptionList {
        EventSubscriptionList { all }
    }
}

impl From<EventSubscriptionRequest> for Proposal {
    fn from(request: EventSubscriptionRequest) -> Self {
        Self {
            id: request.id,
            content: ProposedContent {
                callback_url: request.callback_url,
                version: request.version,
                event_types: request.event_types,
            },
        }
    }
}
