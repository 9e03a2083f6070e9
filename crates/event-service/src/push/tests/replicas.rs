//! Two processes on one database.

use super::fixture::{Fixture, until};
use super::receiver::Behaviour;
use crate::push::{PushRules, Sign};
use crate::store::{AttemptRecord, EndpointClaim, PushOutcome, PushResult};
use jiff::SignedDuration;
use service_kit::Clock as _;
use service_kit::shutdown::Shutdown;
use std::collections::HashMap;
use std::time::Duration;

/// A process that can be killed: nothing of it runs on.
struct Process {
    runtime: tokio::runtime::Runtime,
    _shutdown: Shutdown,
}

impl Process {
    async fn start(fixture: &Fixture) -> Self {
        let scheduler = fixture.scheduler_on(fixture.other_store().await);
        let (runtime, shutdown) = (
            tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap(),
            Shutdown::new(),
        );
        let stop = shutdown.signal();
        runtime.spawn(async move { scheduler.run(stop).await });
        Self { runtime, _shutdown: shutdown }
    }

    fn kill(self) {
        self.runtime.shutdown_background();
    }
}

test_kit::on_both_databases! {
    /// I7 under F24.
    async fn two_replicas_deliver_each_event_once_and_one_takes_over_what_the_killed_one_held(database: TestDatabase) {
        let mut fixture = Fixture::new(database).await;
        fixture.config.endpoint_concurrency = 2;
        let client = fixture.client("a").await;
        let (mut ids, mut subscriptions) = (Vec::new(), Vec::new());
        for n in 0..10 {
            fixture.receivers.set(&n.to_string(), Behaviour::Slow);
            let subscription = fixture.subscription(client, &n.to_string()).await;
            for _ in 0..20 {
                ids.push(fixture.event(client, &[&subscription]).await);
            }
            subscriptions.push(subscription);
        }
        let (killed, survivor) = (Process::start(&fixture).await, Process::start(&fixture).await);
        until(async || fixture.open(client).await.len() < 150).await;
        killed.kill();
        tokio::time::sleep(Duration::from_millis(300)).await;
        // The leases of the dead end.
        fixture.clock.advance(SignedDuration::from_mins(2));
        until(async || fixture.open(client).await.is_empty()).await;
        survivor.kill();

        let mut delivered: HashMap<String, usize> = HashMap::new();
        for n in 0..10 {
            for one in fixture.receivers.received(&n.to_string()) {
                *delivered.entry(one.body).or_default() += 1;
            }
        }
        assert_eq!(delivered.len(), ids.len());
        // Twice came only what the killed one had sent without having recorded the answer.
        let twice = delivered.values().filter(|times| **times > 1).count();
        assert!(twice <= 10 * fixture.config.endpoint_concurrency, "{twice}");
        assert!(delivered.values().all(|times| *times <= 2));
        assert!(fixture.receivers.most_at_once() <= 2 * 10 * fixture.config.endpoint_concurrency);
    }

    async fn a_late_holders_outcome_is_listed_and_has_no_other_effect(database: TestDatabase) {
        let fixture = Fixture::new(database).await;
        let client = fixture.client("a").await;
        let subscription = fixture.subscription(client, "r").await;
        let id = fixture.event(client, &[&subscription]).await;
        let rules = PushRules::new(&fixture.config);
        let claim = || async {
            let claims = vec![EndpointClaim { subscription: subscription.number, most: 4 }];
            let claimed = fixture.store.claim_pushes(claims, rules, fixture.clock.now()).await.unwrap();
            claimed.into_iter().flat_map(|(_, claimed)| claimed.jobs).collect::<Vec<_>>()
        };
        let first = claim().await.remove(0);
        assert!(claim().await.is_empty());
        fixture.clock.advance(SignedDuration::from_mins(2));
        let second = claim().await.remove(0);
        assert_eq!((first.key.id, second.key.id, first.key.fence < second.key.fence), (id, id, true));

        let outcome = |job: &crate::store::ClaimedJob, result| PushOutcome {
            job: job.key,
            result,
            sign: Sign::Alive,
            attempt: AttemptRecord {
                at: fixture.clock.now(),
                class: "accepted",
                status: Some(202),
                duration: Duration::from_millis(1),
                detail: None,
                interaction_id: "i".to_owned(),
            },
        };
        for result in [PushResult::Accepted, PushResult::GivenUp, PushResult::Retry(fixture.clock.now())] {
            let late = vec![outcome(&first, result)];
            let recorded = fixture.store.record_pushes(late, rules, fixture.clock.now()).await.unwrap();
            assert!(recorded[0].is_late);
            assert_eq!((fixture.open(client).await, fixture.jobs().await), (vec![id], 1));
        }
        let present = vec![outcome(&second, PushResult::Accepted)];
        let recorded = fixture.store.record_pushes(present, rules, fixture.clock.now()).await.unwrap();
        assert!(!recorded[0].is_late && fixture.open(client).await.is_empty());
        assert_eq!(fixture.attempts(subscription.number).await.len(), 4);
    }

    async fn a_probe_is_one_for_all_replicas(database: TestDatabase) {
        let fixture = Fixture::new(database).await;
        let client = fixture.client("a").await;
        fixture.receivers.set("dead", Behaviour::Status(500));
        let subscription = fixture.subscription(client, "dead").await;
        for _ in 0..50 {
            fixture.event(client, &[&subscription]).await;
        }
        let (one, other) = (fixture.run(), Process::start(&fixture).await);
        until(async || fixture.attempts(subscription.number).await.len() >= 5).await;
        for _ in 0..3 {
            let before = fixture.receivers.count("dead");
            fixture.advance(&one, SignedDuration::from_secs(61));
            // Both look around once a second.
            tokio::time::sleep(Duration::from_millis(1500)).await;
            assert_eq!(fixture.receivers.count("dead"), before + 1);
        }
        other.kill();
    }

    async fn old_attempts_are_forgotten(database: TestDatabase) {
        let fixture = Fixture::new(database).await;
        let client = fixture.client("a").await;
        let subscription = fixture.subscription(client, "r").await;
        fixture.event(client, &[&subscription]).await;
        let running = fixture.run();
        until(async || fixture.attempts(subscription.number).await.len() == 1).await;
        fixture.advance(&running, SignedDuration::from_hours(24 * 31));
        until(async || fixture.attempts(subscription.number).await.is_empty()).await;
    }
}
