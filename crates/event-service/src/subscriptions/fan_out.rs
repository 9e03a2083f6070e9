//! Who is to be told of an event, and of which of its types.

use super::event_type::EventType;
use super::{EventTypes, Origin, Subscription, SubscriptionNo};
use crate::event::AcceptedEvents;
use std::collections::HashSet;

/// The rules of one deployment.
#[derive(Debug)]
pub(crate) struct FanOut {
    pub(crate) types: EventTypes,
    /// Whether a client without a subscription gets nothing by polling; otherwise it gets all.
    pub(crate) require_subscription: bool,
}

/// What becomes of an event.
#[derive(Debug)]
pub(crate) struct Distribution {
    /// What waits to be polled, and holds everything that is pushed; `None`: nobody is to be told.
    pub(crate) poll: Option<AcceptedEvents>,
    /// What is pushed.
    pub(crate) pushes: Vec<PushContent>,
}

/// What is pushed for one subscription, to its callback URL.
#[derive(Debug)]
pub(crate) struct PushContent {
    pub(crate) subscription: SubscriptionNo,
    pub(crate) events: PushedEvents,
}

/// The types of a pushed SET.
#[derive(Debug)]
pub(crate) enum PushedEvents {
    /// Those that are polled: the same SET.
    AsPolled,
    /// Fewer: a SET of its own, with the same `jti`.
    Fewer(AcceptedEvents),
}

impl Distribution {
    /// Whether all that is polled is pushed as well, by one subscription or by several together.
    pub(crate) fn pushes_all(&self) -> bool {
        let pushed: HashSet<&str> = self.pushes.iter().flat_map(PushContent::fewer_types).collect();
        self.pushes.iter().any(|push| matches!(push.events, PushedEvents::AsPolled))
            || self.poll.as_ref().is_some_and(|polled| {
                polled.types().into_iter().all(|polled| pushed.contains(polled))
            })
    }
}

impl PushContent {
    fn fewer_types(&self) -> Vec<&str> {
        match &self.events {
            PushedEvents::AsPolled => Vec::new(),
            PushedEvents::Fewer(events) => events.types(),
        }
    }
}

/// The wanted types; `None` wants all.
type Wanted<'s> = Option<HashSet<EventType<'s>>>;

impl FanOut {
    /// What becomes of `events` of a client with these active `subscriptions`.
    ///
    /// Callback URLs count only where there is no subscription. They say nothing about polling: a
    /// client that has nothing else polls like one that has nothing at all.
    pub(crate) fn distribute(
        &self,
        subscriptions: &[Subscription],
        events: AcceptedEvents,
    ) -> Distribution {
        let (callback_urls, subscriptions): (Vec<_>, Vec<_>) =
            subscriptions.iter().partition(|one| one.origin == Origin::CallbackUrl);
        let has_subscription = !subscriptions.is_empty();
        let in_force = if has_subscription { subscriptions } else { callback_urls };
        let wanted: Vec<_> = in_force.iter().map(|one| self.wanted(one)).collect();
        let polled = if has_subscription || self.require_subscription {
            self.select(&events, &union(&wanted))
        } else {
            Some(events)
        };
        let Some(polled) = polled else {
            return Distribution { poll: None, pushes: Vec::new() };
        };
        let pushes = in_force
            .iter()
            .zip(wanted)
            .filter(|(one, _)| one.content.callback_url.is_some())
            .filter_map(|(one, wanted)| self.push(one, &wanted, &polled))
            .collect();
        Distribution { poll: Some(polled), pushes }
    }

    /// Whether `subscription` wants events of this type.
    pub(crate) fn wants(&self, subscription: &Subscription, event_type: &str) -> bool {
        self.wanted(subscription).is_none_or(|wanted| wanted.contains(&self.types.of(event_type)))
    }

    fn wanted<'s>(&self, subscription: &'s Subscription) -> Wanted<'s> {
        let names = subscription.wanted()?;
        Some(names.into_iter().map(|name| self.types.of(name)).collect())
    }

    fn select(&self, events: &AcceptedEvents, wanted: &Wanted<'_>) -> Option<AcceptedEvents> {
        events.select(|name| {
            wanted.as_ref().is_none_or(|wanted| wanted.contains(&self.types.of(name)))
        })
    }

    fn push(
        &self,
        subscription: &Subscription,
        wanted: &Wanted<'_>,
        polled: &AcceptedEvents,
    ) -> Option<PushContent> {
        let selected = self.select(polled, wanted)?;
        let events = if selected.types().len() == polled.types().len() {
            PushedEvents::AsPolled
        } else {
            PushedEvents::Fewer(selected)
        };
        Some(PushContent { subscription: subscription.number, events })
    }
}

fn union<'s>(all: &[Wanted<'s>]) -> Wanted<'s> {
    let mut union = HashSet::new();
    for wanted in all {
        union.extend(wanted.as_ref()?);
    }
    Some(union)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::SubmittedEvents;
    use crate::set::SetProfile;
    use crate::subscriptions::{CallbackUrl, EventTypeNames, SubscriptionContent};

    const UPDATE: &str = "urn:uk:org:openbanking:events:resource-update";
    const REVOKED: &str = "urn_uk_org_openbanking_events_consent-authorization-revoked";

    fn events() -> AcceptedEvents {
        let json = format!(r#"{{"{UPDATE}":{{"a":1}},"{REVOKED}":{{}},"own":{{}}}}"#);
        SubmittedEvents::parse(&json)
            .unwrap()
            .objects()
            .unwrap()
            .within_limits(SetProfile::Wso2)
            .unwrap()
    }

    fn subscription(number: i32, types: Option<&[&str]>) -> Subscription {
        Subscription {
            number: SubscriptionNo(number),
            id: uuid::Uuid::nil(),
            origin: Origin::EventSubscription,
            api_version: "v3.1".to_owned(),
            content: SubscriptionContent {
                event_types: types.map(|types| types.iter().map(ToString::to_string).collect()),
                ..SubscriptionContent::default()
            },
        }
    }

    fn pushed(subscription: Subscription) -> Subscription {
        let callback_url =
            Some(CallbackUrl::stored("https://tpp.example/v3.1/event-notifications".to_owned()));
        let content = SubscriptionContent { callback_url, ..subscription.content };
        Subscription { content, ..subscription }
    }

    fn callback_url(number: i32) -> Subscription {
        Subscription { origin: Origin::CallbackUrl, ..pushed(subscription(number, None)) }
    }

    /// The polled types, and of each push its number and types (`None`: those polled).
    type Told = (Option<Vec<String>>, Vec<(i32, Option<Vec<String>>)>);

    fn told(require_subscription: bool, subscriptions: &[Subscription]) -> Told {
        let standard = EventTypes::new(&EventTypeNames::standard()).unwrap();
        let distribution =
            FanOut { types: standard, require_subscription }.distribute(subscriptions, events());
        let types = |events: &AcceptedEvents| names(&events.types());
        let pushes = distribution.pushes.iter().map(|push| {
            let events = match &push.events {
                PushedEvents::AsPolled => None,
                PushedEvents::Fewer(events) => Some(types(events)),
            };
            (push.subscription.0, events)
        });
        (distribution.poll.as_ref().map(types), pushes.collect())
    }

    fn all() -> Vec<String> {
        names(&[UPDATE, REVOKED, "own"])
    }

    fn names(types: &[&str]) -> Vec<String> {
        types.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn types_that_nobody_subscribed_to_are_queued_for_nobody() {
        assert_eq!(told(false, &[pushed(subscription(1, Some(&["other"])))]), (None, vec![]));
    }

    #[test]
    fn a_client_without_a_subscription_polls_all_unless_one_is_required() {
        assert_eq!(told(false, &[]), (Some(all()), vec![]));
        assert_eq!(told(true, &[]), (None, vec![]));
        assert_eq!(told(true, &[subscription(1, None)]), (Some(all()), vec![]));
    }

    #[test]
    fn a_subscription_limits_polls_to_its_types_under_any_of_their_names() {
        let one = subscription(1, Some(&["UK.OBIE.Consent-Access-Revoked"]));
        assert_eq!(told(false, &[one]), (Some(names(&[REVOKED])), vec![]));
    }

    #[test]
    fn polls_get_the_union_and_each_push_its_own_types() {
        let subscriptions = [
            pushed(subscription(1, Some(&[UPDATE]))),
            pushed(subscription(2, Some(&["own", "UK.OBIE.Resource-Update", "other"]))),
            subscription(3, Some(&["own"])),
            pushed(subscription(4, Some(&["other"]))),
        ];
        let pushes = vec![(1, Some(names(&[UPDATE]))), (2, None)];
        assert_eq!(told(false, &subscriptions), (Some(names(&[UPDATE, "own"])), pushes));
    }

    #[test]
    fn a_callback_url_gets_resource_updates_pushed_and_leaves_polls_alone() {
        let pushes = vec![(1, Some(names(&[UPDATE])))];
        assert_eq!(told(false, &[callback_url(1)]), (Some(all()), pushes));
        assert_eq!(told(true, &[callback_url(1)]), (Some(names(&[UPDATE])), vec![(1, None)]));
    }

    #[test]
    fn a_subscription_supersedes_a_callback_url() {
        let subscriptions = [callback_url(1), subscription(2, Some(&["own"]))];
        assert_eq!(told(false, &subscriptions), (Some(names(&["own"])), vec![]));
    }

    #[test]
    fn a_subscription_of_an_old_version_gets_resource_updates_only() {
        let mut old = subscription(1, None);
        old.content.version = Some("3.1.1".to_owned());
        assert_eq!(told(false, &[old]), (Some(names(&[UPDATE])), vec![]));
    }
}
