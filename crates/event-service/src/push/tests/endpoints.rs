//! One endpoint beside others, and one that goes away and comes back.

use super::fixture::{Fixture, until};
use super::receiver::Behaviour;
use crate::push::Breaker;
use crate::store::{OwnedSubscription, SubscriptionChange};
use crate::subscriptions::{CallbackUrl, Origin, Subscription, SubscriptionContent};
use jiff::SignedDuration;
use std::collections::HashSet;

async fn change(fixture: &Fixture, of: &Subscription, change: fn() -> SubscriptionChange) {
    let client_no = fixture.client("a").await;
    let owned = OwnedSubscription { client_no, id: of.id, origins: Origin::SUBSCRIPTIONS };
    let now = service_kit::Clock::now(&*fixture.clock);
    let changed = fixture.store.change_subscription(owned, now, move |_| Ok::<_, String>(change()));
    changed.await.unwrap();
}

test_kit::on_both_databases! {
    /// EV-44.
    async fn ev_44_one_dead_receiver_among_a_hundred_delays_nobody(database: TestDatabase) {
        let mut fixture = Fixture::new(database).await;
        // Far longer than the others take: nothing may wait for its end.
        fixture.config.timeout_seconds = 60;
        fixture.config.concurrency = 8;
        let client = fixture.client("a").await;
        fixture.receivers.set("0", Behaviour::Silent);
        let mut subscriptions = Vec::new();
        for n in 0..100 {
            subscriptions.push(fixture.subscription(client, &n.to_string()).await);
        }
        let mut dead = HashSet::new();
        for _ in 0..20 {
            dead.insert(fixture.event(client, &[&subscriptions[0]]).await);
        }
        for subscription in &subscriptions[1..] {
            fixture.event(client, &[subscription]).await;
        }
        let _running = fixture.run();
        until(async || fixture.open(client).await.len() == dead.len()).await;
        assert!((1..100).all(|n| fixture.receivers.count(&n.to_string()) == 1));
        assert!(fixture.receivers.count("0") <= fixture.config.endpoint_concurrency);
        assert_eq!(fixture.open(client).await.into_iter().collect::<HashSet<_>>(), dead);
    }

    /// EV-42.
    async fn ev_42_a_receiver_down_for_an_hour_with_two_restarts_gets_each_event_once_it_is_back(database: TestDatabase) {
        let fixture = Fixture::new(database).await;
        let client = fixture.client("a").await;
        fixture.receivers.set("down", Behaviour::Status(503));
        let subscription = fixture.subscription(client, "down").await;
        let mut ids = HashSet::new();
        for _ in 0..3 {
            let running = fixture.run();
            for _ in 0..10 {
                ids.insert(fixture.event(client, &[&subscription]).await);
                running.nudge(&[&subscription]);
                fixture.minutes_until(&running, 2, || false).await;
            }
            running.stop().await;
        }
        // An hour: the attempts before the breaker opened, and one probe a minute, whatever waits.
        let failed = fixture.receivers.count("down");
        assert!((5..=66).contains(&failed), "{failed}");
        fixture.receivers.most_at_once();
        fixture.receivers.set("down", Behaviour::Slow);
        let running = fixture.run();
        // What has failed once waits for its time or for another's success, whichever comes first.
        fixture.minutes_until(&running, 5000, || fixture.receivers.count("down") > failed).await;
        until(async || fixture.open(client).await.is_empty()).await;
        let delivered: Vec<String> =
            fixture.receivers.received("down").drain(failed..).map(|one| one.body).collect();
        let expected: HashSet<String> = ids.iter().map(|id| format!("SET of {id}")).collect();
        assert_eq!((delivered.len(), delivered.into_iter().collect()), (30, expected));
        assert!(fixture.receivers.most_at_once() <= fixture.config.endpoint_concurrency);
    }

    async fn a_dead_endpoint_costs_one_attempt_an_interval_however_much_waits(database: TestDatabase) {
        let mut fixture = Fixture::new(database).await;
        fixture.config.breaker_probe_seconds = 600;
        let client = fixture.client("a").await;
        fixture.receivers.set("dead", Behaviour::Status(500));
        let subscription = fixture.subscription(client, "dead").await;
        for _ in 0..300 {
            fixture.event(client, &[&subscription]).await;
        }
        let running = fixture.run();
        until(async || fixture.attempts(subscription.number).await.len() >= 5).await;
        fixture.minutes_until(&running, 120, || false).await;
        let attempts = fixture.attempts(subscription.number).await.len();
        assert!((5 + 1..=5 + 13).contains(&attempts), "{attempts}");
        let endpoints = fixture.store.push_endpoints(None, 10).await.unwrap();
        let [endpoint] = &endpoints[..] else { panic!("{endpoints:?}") };
        assert_eq!((endpoint.health.breaker, &*endpoint.client_id), (Breaker::Open, "a"));
        assert_eq!(endpoint.last_failure.as_deref(), Some("server_error"));
        assert!(endpoint.last_success_at.is_none() && endpoint.health.opened_at.is_some());
    }

    async fn deliveries_follow_their_subscription_to_its_new_address(database: TestDatabase) {
        let fixture = Fixture::new(database).await;
        let client = fixture.client("a").await;
        fixture.receivers.set("old", Behaviour::Status(410));
        let subscription = fixture.subscription(client, "old").await;
        fixture.event(client, &[&subscription]).await;
        let running = fixture.run();
        until(async || !fixture.attempts(subscription.number).await.is_empty()).await;
        let endpoint = fixture.store.push_endpoints(None, 1).await.unwrap().remove(0);
        assert_eq!(endpoint.health.disabled_reason.as_deref(), Some("gone"));

        let client_no = fixture.client("a").await;
        let owned = OwnedSubscription { client_no, id: subscription.id, origins: Origin::SUBSCRIPTIONS };
        let (now, url) = (service_kit::Clock::now(&*fixture.clock), fixture.receivers.url("new"));
        let content = SubscriptionContent { callback_url: Some(CallbackUrl::stored(url)), ..SubscriptionContent::default() };
        let replace = move |_: &_| Ok::<_, String>(SubscriptionChange::Replace(content.clone()));
        fixture.store.change_subscription(owned, now, replace).await.unwrap();
        running.nudge(&[&subscription]);
        until(async || fixture.open(client).await.is_empty()).await;
        assert_eq!((fixture.receivers.count("old"), fixture.receivers.count("new")), (1, 1));
        let endpoint = fixture.store.push_endpoints(None, 1).await.unwrap().remove(0);
        assert_eq!((endpoint.health.breaker, endpoint.health.disabled_reason), (Breaker::Closed, None));
    }

    async fn nothing_is_pushed_for_a_subscription_that_is_deleted_or_polls_only(database: TestDatabase) {
        let fixture = Fixture::new(database).await;
        let client = fixture.client("a").await;
        let deleted = fixture.subscription(client, "deleted").await;
        let polls = fixture.subscription(client, "polls").await;
        let id = fixture.event(client, &[&deleted, &polls]).await;
        change(&fixture, &deleted, || SubscriptionChange::Delete).await;
        change(&fixture, &polls, || SubscriptionChange::Replace(SubscriptionContent::default())).await;
        assert_eq!(fixture.jobs().await, 0);
        // An event whose creation had begun before.
        let late = fixture.event(client, &[&deleted, &polls]).await;
        let running = fixture.run();
        running.nudge(&[&deleted, &polls]);
        until(async || fixture.jobs().await == 0).await;
        assert_eq!(fixture.receivers.count("deleted") + fixture.receivers.count("polls"), 0);
        assert_eq!(fixture.open(client).await, [id, late]);
    }

    async fn a_disabled_client_is_pushed_nothing_until_it_is_enabled_and_a_deleted_one_nothing(database: TestDatabase) {
        let fixture = Fixture::new(database).await;
        let (client, gone) = (fixture.client("a").await, fixture.client("gone").await);
        let subscription = fixture.subscription(client, "a").await;
        let of_gone = fixture.subscription(gone, "gone").await;
        fixture.event(client, &[&subscription]).await;
        fixture.event(gone, &[&of_gone]).await;
        let status = |status: &str| fixture.store.set_client_status("a".to_owned(), status.to_owned());
        status("disabled").await.unwrap();
        fixture.store.forget_client("gone".to_owned()).await.unwrap();
        let running = fixture.run();
        running.nudge(&[&subscription, &of_gone]);
        fixture.minutes_until(&running, 30, || false).await;
        assert_eq!(fixture.receivers.count("a"), 0);
        status("active").await.unwrap();
        running.nudge(&[&subscription]);
        until(async || fixture.open(client).await.is_empty()).await;
        fixture.advance(&running, SignedDuration::from_hours(25));
        until(async || fixture.jobs().await == 0).await;
        assert_eq!((fixture.receivers.count("a"), fixture.receivers.count("gone")), (1, 0));
        assert_eq!(fixture.open(gone).await.len(), 1);
    }

    async fn a_clock_that_is_set_back_and_forth_loses_no_delivery(database: TestDatabase) {
        let fixture = Fixture::new(database).await;
        let client = fixture.client("a").await;
        fixture.receivers.set("r", Behaviour::Status(503));
        let subscription = fixture.subscription(client, "r").await;
        fixture.event(client, &[&subscription]).await;
        let running = fixture.run();
        until(async || !fixture.attempts(subscription.number).await.is_empty()).await;
        fixture.receivers.set("r", Behaviour::Status(202));
        fixture.advance(&running, SignedDuration::from_mins(-30));
        fixture.minutes_until(&running, 5000, || fixture.receivers.count("r") == 2).await;
        until(async || fixture.open(client).await.is_empty()).await;
    }
}
