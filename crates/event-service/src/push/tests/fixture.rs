//! A database with clients and subscriptions, receivers, and schedulers that come and go.

use super::receiver::Receivers;
use crate::event::{EventId, EventIds};
use crate::push::{PushConfig, PushFormat, PushScheduler};
use crate::set::SignedSet;
use crate::store::{
    AttemptsOf, ClientNo, DeliveryRules, EventRecord, ListedAttempt, NewPushJob, NewPushes,
    NewSubscription, PageRequest, Release, ReleaseOutcome, Store, SubscriptionLimit,
};
use crate::subscriptions::{
    CallbackUrl, Origin, Subscription, SubscriptionContent, SubscriptionNo,
};
use database::{Database, DatabaseOptions};
use jiff::SignedDuration;
use service_kit::outbound::{GuardedClient, NameLookup, OutboundConfig};
use service_kit::shutdown::Shutdown;
use service_kit::{Clock as _, SystemRandom};
use std::sync::Arc;
use std::time::Duration;
use test_kit::{SeededRandom, TestClock, TestDatabase, TestPki};

pub(super) struct Fixture {
    pub(super) receivers: Receivers,
    pub(super) clock: Arc<TestClock>,
    pub(super) store: Store,
    pub(super) config: PushConfig,
    pub(super) outbound: OutboundConfig,
    pub(super) lookup: NameLookup,
    pub(super) pki: TestPki,
    pub(super) profile: &'static str,
    ids: EventIds,
    database: TestDatabase,
}

/// A scheduler that runs until it is dropped.
pub(super) struct Running {
    scheduler: PushScheduler,
    shutdown: Shutdown,
    task: tokio::task::JoinHandle<()>,
}

impl Fixture {
    pub(super) async fn new(database: TestDatabase) -> Self {
        let pki = TestPki::new();
        let receivers = Receivers::start(&pki);
        let store = open(&database).await;
        Self {
            clock: Arc::new(TestClock::default()),
            config: PushConfig {
                format: PushFormat::Obie,
                timeout_seconds: 1,
                recheck_seconds: 1,
                ..PushConfig::default()
            },
            outbound: OutboundConfig {
                allowed_origins: vec![receivers.origin.clone()],
                ..OutboundConfig::default()
            },
            lookup: NameLookup::system(),
            receivers,
            store,
            pki,
            profile: "obie",
            ids: EventIds::new(Arc::new(SeededRandom::new(1))),
            database,
        }
    }

    /// Another process's store: on PostgreSQL with connections of its own.
    pub(super) async fn other_store(&self) -> Store {
        if self.database.is_postgres() { open(&self.database).await } else { self.store.clone() }
    }

    pub(super) async fn client(&self, client_id: &str) -> ClientNo {
        let (id, status) = (client_id.to_owned(), "active".to_owned());
        let now = self.clock.now();
        self.store.remember_client(id, status, "{}".to_owned(), now).await.unwrap().client_no
    }

    /// A subscription of `client_no` whose receiver is `name`.
    pub(super) async fn subscription(&self, client_no: ClientNo, name: &str) -> Subscription {
        self.subscription_at(client_no, &self.receivers.url(name)).await
    }

    pub(super) async fn subscription_at(&self, client_no: ClientNo, url: &str) -> Subscription {
        let new = NewSubscription {
            id: self.ids.next(self.clock.now()).as_uuid(),
            client_no,
            origin: Origin::Accelerator,
            api_version: "v3.1",
            content: SubscriptionContent {
                callback_url: Some(CallbackUrl::stored(url.to_owned())),
                ..SubscriptionContent::default()
            },
        };
        let limit = SubscriptionLimit { origins: Origin::SUBSCRIPTIONS, most: usize::MAX };
        self.store.add_subscription(new, limit, self.clock.now()).await.unwrap()
    }

    /// An event that is pushed to `to` as it is polled. Its SET is `SET of ` and its id.
    pub(super) async fn event(&self, client_no: ClientNo, to: &[&Subscription]) -> EventId {
        let pushes = to.iter().map(|one| NewPushJob { subscription: one.number, set_jws: None });
        self.event_with(client_no, pushes.collect(), true).await
    }

    pub(super) async fn event_with(
        &self,
        client_no: ClientNo,
        jobs: Vec<NewPushJob>,
        acknowledge: bool,
    ) -> EventId {
        let id = self.ids.next(self.clock.now());
        let record = EventRecord {
            id,
            client_no,
            event_types: "[]".to_owned(),
            resource_id: "r".to_owned(),
            set: Some(SignedSet {
                compact: format!("SET of {id}"),
                key_id: "k".to_owned(),
                logged_as: self.profile,
            }),
            created_at: self.clock.now(),
            pushes: NewPushes { jobs, acknowledge },
        };
        self.store.append(vec![record], None).await.unwrap();
        id
    }

    /// The ids that wait to be polled.
    pub(super) async fn open(&self, client_no: ClientNo) -> Vec<EventId> {
        let request = PageRequest {
            client_no,
            releases: vec![],
            limit: 1000,
            rules: DeliveryRules::default(),
        };
        let page = self.store.page(request, self.clock.now()).await.unwrap();
        page.sets.into_iter().map(|(id, _)| id).collect()
    }

    pub(super) async fn acknowledge(&self, client_no: ClientNo, id: EventId) {
        let release = Release { id, outcome: ReleaseOutcome::Acknowledged };
        let request = PageRequest {
            client_no,
            releases: vec![release],
            limit: 0,
            rules: DeliveryRules::default(),
        };
        assert_eq!(self.store.page(request, self.clock.now()).await.unwrap().released, 1);
    }

    /// The attempts at a subscription's endpoint, the oldest first.
    pub(super) async fn attempts(&self, number: SubscriptionNo) -> Vec<ListedAttempt> {
        let of = AttemptsOf::Endpoint(number);
        let mut attempts = self.store.push_attempts(of, None, 1000).await.unwrap();
        attempts.reverse();
        attempts
    }

    /// The classes of the attempts to push an event, the oldest first, read page by page.
    pub(super) async fn classes(&self, id: EventId) -> Vec<String> {
        let (mut classes, mut before) = (Vec::new(), None);
        loop {
            let of = AttemptsOf::Event(id);
            let page = self.store.push_attempts(of, before, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some(last.number);
            classes.extend(page.into_iter().map(|attempt| attempt.class));
        }
        classes.reverse();
        classes
    }

    /// Outcome and channel of every event that has ended.
    pub(super) async fn outcomes(&self) -> Vec<(i16, i16)> {
        self.store.outcome_codes().await
    }

    /// How many deliveries wait or are under way.
    pub(super) async fn jobs(&self) -> i64 {
        self.store.push_job_count().await
    }

    pub(super) fn guarded_client(&self) -> GuardedClient {
        let ca = self.pki.server_ca_pem();
        GuardedClient::with_lookup(&self.outbound, &ca, self.lookup.clone()).unwrap()
    }

    pub(super) fn scheduler_on(&self, store: Store) -> PushScheduler {
        let time = (self.clock.clone() as _, Arc::new(SystemRandom) as _);
        PushScheduler::new(&self.config, store, self.guarded_client(), time)
    }

    pub(super) fn run(&self) -> Running {
        let (scheduler, shutdown) = (self.scheduler_on(self.store.clone()), Shutdown::new());
        let (running, stop) = (scheduler.clone(), shutdown.signal());
        let task = tokio::spawn(async move { running.run(stop).await });
        Running { scheduler, shutdown, task }
    }

    /// Moves the clock and tells the scheduler.
    pub(super) fn advance(&self, running: &Running, by: SignedDuration) {
        self.clock.advance(by);
        running.scheduler.nudge([]);
    }

    /// Lets a minute pass again and again until `done`, at most `minutes` times.
    pub(super) async fn minutes_until(
        &self,
        running: &Running,
        minutes: usize,
        done: impl Fn() -> bool,
    ) -> usize {
        for minute in 0..minutes {
            if done() {
                return minute;
            }
            self.advance(running, SignedDuration::from_mins(1));
            // Long enough for an attempt on this machine; what takes longer is made a minute later.
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
        minutes
    }
}

impl Running {
    pub(super) fn nudge(&self, to: &[&Subscription]) {
        self.scheduler.nudge(to.iter().map(|one| one.number));
    }

    /// Stops as a process does.
    pub(super) async fn stop(self) {
        self.shutdown.trigger();
        self.task.await.unwrap();
    }
}

/// Waits until `condition` holds.
pub(super) async fn until<F: Future<Output = bool>>(condition: impl Fn() -> F) {
    while !condition().await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn open(database: &TestDatabase) -> Store {
    let url = database.url().parse().unwrap();
    let database = Database::open(&url, DatabaseOptions::default()).unwrap();
    database.migrate(&crate::MIGRATIONS).await.unwrap();
    Store::new(database)
}
