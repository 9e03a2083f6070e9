//! Subscriptions on SQLite and PostgreSQL alike.

use super::tests::Fixture;
use super::{
    AddError, ChangeError, ClientNo, NewSubscription, OwnedSubscription, SubscriptionChange,
    SubscriptionLimit,
};
use crate::subscriptions::{CallbackUrl, Origin, Register, Subscription, SubscriptionContent};
use uuid::Uuid;

const ONE_SUBSCRIPTION: SubscriptionLimit =
    SubscriptionLimit { origins: Origin::SUBSCRIPTIONS, most: 1 };

fn new(client_no: ClientNo, id: u128, origin: Origin) -> NewSubscription {
    let content = SubscriptionContent {
        callback_url: Some(CallbackUrl::stored(
            "https://tpp.example/v3.1/event-notifications".to_owned(),
        )),
        version: Some("3.1".to_owned()),
        event_types: Some(vec!["Ünïcode \"type\"".to_owned(), "b".to_owned()]),
        request: Some("{ \"a\": 1 }".to_owned()),
    };
    NewSubscription { id: Uuid::from_u128(id), client_no, origin, api_version: "v3.1", content }
}

fn owned(client_no: ClientNo, id: u128) -> OwnedSubscription {
    OwnedSubscription { client_no, id: Uuid::from_u128(id), origins: Origin::SUBSCRIPTIONS }
}

#[expect(clippy::unnecessary_wraps, reason = "a change may be refused")]
fn delete(_: &Subscription) -> Result<SubscriptionChange, &'static str> {
    Ok(SubscriptionChange::Delete)
}

test_kit::on_both_databases! {
    async fn a_subscription_is_read_as_it_was_added_until_it_is_deleted(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        let register = Register::new(fixture.store.clone());
        assert!(register.of(client).await.unwrap().is_empty());
        let order = new(client, 1, Origin::EventSubscription);
        let content = order.content.clone();
        let added = register.add(order, ONE_SUBSCRIPTION, fixture.now).await.unwrap();
        assert_eq!((&added.content, &*added.api_version), (&content, "v3.1"));
        assert_eq!(register.of(client).await.unwrap().to_vec(), vec![added.clone()]);

        let everything = SubscriptionContent::default();
        let change = move |_: &Subscription| {
            Ok::<_, &str>(SubscriptionChange::Replace(SubscriptionContent::default()))
        };
        let changed = register.change(owned(client, 1), fixture.now, change).await.unwrap();
        assert_eq!(changed, Subscription { content: everything, ..added });
        assert_eq!(register.of(client).await.unwrap()[..], [changed]);

        register.change(owned(client, 1), fixture.now, delete).await.unwrap();
        assert!(register.of(client).await.unwrap().is_empty());
        let again = register.change(owned(client, 1), fixture.now, delete).await;
        assert!(matches!(again, Err(ChangeError::Unknown)), "{again:?}");
    }

    async fn two_additions_at_once_leave_one_subscription(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        let additions = (1..=8).map(|id| {
            let new = new(client, id, Origin::EventSubscription);
            fixture.store.add_subscription(new, ONE_SUBSCRIPTION, fixture.now)
        });
        let results = futures_util::future::join_all(additions).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        let refused = results.iter().filter(|r| matches!(r, Err(AddError::LimitReached))).count();
        assert_eq!(refused, 7);
        assert_eq!(fixture.store.subscriptions(client).await.unwrap().len(), 1);
    }

    async fn a_limit_counts_its_own_origins_and_its_own_client(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let (a, b) = (fixture.client("a").await, fixture.client("b").await);
        for (client, id, origin) in [
            (a, 1, Origin::CallbackUrl),
            (a, 2, Origin::Accelerator),
            (b, 3, Origin::EventSubscription),
        ] {
            let new = new(client, id, origin);
            fixture.store.add_subscription(new, ONE_SUBSCRIPTION, fixture.now).await.unwrap();
        }
        let second = new(a, 4, Origin::EventSubscription);
        let refused = fixture.store.add_subscription(second, ONE_SUBSCRIPTION, fixture.now).await;
        assert!(matches!(refused, Err(AddError::LimitReached)), "{refused:?}");
    }

    /// EV-32, at the store.
    async fn another_clients_subscription_stays_as_it_is(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let (a, b) = (fixture.client("a").await, fixture.client("b").await);
        let new = new(a, 1, Origin::EventSubscription);
        let added = fixture.store.add_subscription(new, ONE_SUBSCRIPTION, fixture.now);
        let added = added.await.unwrap();
        let foreign = fixture.store.change_subscription(owned(b, 1), fixture.now, delete).await;
        assert!(matches!(foreign, Err(ChangeError::Foreign)), "{foreign:?}");
        let unknown = fixture.store.change_subscription(owned(b, 2), fixture.now, delete).await;
        assert!(matches!(unknown, Err(ChangeError::Unknown)), "{unknown:?}");
        let refuse = |_: &Subscription| Err("no");
        let refused = fixture.store.change_subscription(owned(a, 1), fixture.now, refuse).await;
        assert!(matches!(refused, Err(ChangeError::Refused("no"))), "{refused:?}");
        let elsewhere = OwnedSubscription { origins: Origin::CALLBACK_URLS, ..owned(a, 1) };
        let elsewhere = fixture.store.change_subscription(elsewhere, fixture.now, delete).await;
        assert!(matches!(elsewhere, Err(ChangeError::Unknown)), "{elsewhere:?}");
        assert_eq!(fixture.store.subscriptions(a).await.unwrap(), [added]);
    }

    async fn a_reading_after_a_change_sees_it_whoever_reads_meanwhile(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        let register = Register::new(fixture.store.clone());
        let others = register.clone();
        let reader = tokio::spawn(async move {
            loop {
                others.of(client).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        for id in 1..=30 {
            let new = new(client, id, Origin::EventSubscription);
            register.add(new, ONE_SUBSCRIPTION, fixture.now).await.unwrap();
            assert_eq!(register.of(client).await.unwrap().len(), 1, "{id}");
            register.change(owned(client, id), fixture.now, delete).await.unwrap();
            assert!(register.of(client).await.unwrap().is_empty(), "{id}");
        }
        reader.abort();
    }

    async fn an_event_for_nobody_leaves_its_outcome_and_nothing_to_poll(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        let event = fixture.record(client, None);
        fixture.store.append(vec![event], None).await.unwrap();
        assert_eq!(fixture.outcomes().await, [(5, None, None)]);
        assert!(fixture.page(client, 5, vec![]).await.sets.is_empty());
    }
}
