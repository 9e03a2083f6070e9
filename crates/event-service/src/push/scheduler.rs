//! Which endpoint gets an attempt when.
//!
//! Nothing is asked of the database while nothing is due: commits of this process nudge, recorded
//! outcomes and known due times wake, and a look every few seconds finds what other processes have
//! left behind.

use super::delivery::Deliverer;
use super::recorder::Recorder;
use super::{PushConfig, PushNudges, PushRules};
use crate::audit;
use crate::metrics;
use crate::store::{Claimed, EndpointClaim, PushOutcome, RecordedPush, Store};
use crate::subscriptions::SubscriptionNo;
use jiff::{SignedDuration, Timestamp};
use service_kit::outbound::GuardedClient;
use service_kit::shutdown::StopSignal;
use service_kit::{SharedClock, SharedRandom};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{self, Receiver, Sender};

/// Makes the deliveries of one process.
#[derive(Clone, Debug)]
pub(crate) struct PushScheduler {
    store: Store,
    rules: PushRules,
    concurrency: usize,
    recheck: Duration,
    attempts_retention: SignedDuration,
    deliverer: Arc<Deliverer>,
    nudges: Arc<PushNudges>,
    clock: SharedClock,
}

/// The work of one run.
struct Run<'s> {
    scheduler: &'s PushScheduler,
    /// From when each endpoint may have something to deliver.
    agenda: HashMap<SubscriptionNo, Entry>,
    /// Counts entries, so that endpoints take turns.
    turn: u64,
    under_way: usize,
    outcomes: Sender<PushOutcome>,
    recorded: Receiver<Vec<RecordedPush>>,
    next_look: Instant,
    next_pruning: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    at: Timestamp,
    turn: u64,
}

impl PushScheduler {
    /// A scheduler that calls callback URLs with `client`.
    pub(crate) fn new(
        config: &PushConfig,
        store: Store,
        client: GuardedClient,
        (clock, random): (SharedClock, SharedRandom),
    ) -> Self {
        let rules = PushRules::new(config);
        let deliverer = Deliverer {
            client: client.limited_to(config.answer_limit_bytes, config.timeout()),
            format: config.format,
            rules,
            clock: clock.clone(),
            random,
        };
        Self {
            store,
            rules,
            concurrency: config.concurrency,
            recheck: config.recheck(),
            attempts_retention: config.attempts_retention(),
            deliverer: Arc::new(deliverer),
            nudges: Arc::default(),
            clock,
        }
    }

    /// Tells of new deliveries, once they are committed.
    pub(crate) fn nudge(&self, subscriptions: impl IntoIterator<Item = SubscriptionNo>) {
        self.nudges.nudge(subscriptions);
    }

    /// Delivers until `stop`; then waits until what is under way has been recorded.
    pub(crate) async fn run(&self, mut stop: StopSignal) {
        let (outcomes, taken) = mpsc::channel(self.concurrency);
        let (told, recorded) = mpsc::channel(self.concurrency);
        let keeper =
            Recorder { store: self.store.clone(), rules: self.rules, clock: self.clock.clone() };
        let recording = tokio::spawn(keeper.run(taken, told));
        let mut run = Run {
            scheduler: self,
            agenda: HashMap::new(),
            turn: 0,
            under_way: 0,
            outcomes,
            recorded,
            next_look: Instant::now(),
            next_pruning: None,
        };
        while !stop.is_stopping() {
            run.look_around().await;
            run.claim().await;
            tokio::select! {
                () = stop.stopped() => {}
                () = run.wait() => {}
            }
        }
        run.finish().await;
        recording.abort();
    }
}

impl Run<'_> {
    /// Looks for due deliveries of all endpoints, every few seconds.
    async fn look_around(&mut self) {
        if Instant::now() < self.next_look {
            return;
        }
        self.next_look = Instant::now() + self.scheduler.recheck;
        let now = self.scheduler.clock.now();
        match self.scheduler.store.endpoints_with_due_pushes(now).await {
            Ok(due) => {
                for endpoint in due {
                    self.put(endpoint, now);
                }
            }
            Err(error) => tracing::debug!(%error, "due pushes were not looked for"),
        }
        if self.next_pruning.is_none_or(|at| at <= now) {
            self.prune(now).await;
        }
    }

    async fn prune(&mut self, now: Timestamp) {
        let Ok(end) = now.checked_sub(self.scheduler.attempts_retention) else { return };
        let pause = match self.scheduler.store.prune_push_attempts(end).await {
            Ok(true) => SignedDuration::ZERO,
            Ok(false) | Err(_) => PRUNING_INTERVAL,
        };
        self.next_pruning = now.checked_add(pause).ok();
    }

    /// Claims and sends until nothing is due or as much is under way as may be.
    async fn claim(&mut self) {
        loop {
            let now = self.scheduler.clock.now();
            let claims = self.next_claims(now);
            if claims.is_empty() {
                return;
            }
            let asked = claims.clone();
            match self.scheduler.store.claim_pushes(claims, self.scheduler.rules, now).await {
                Ok(claimed) => {
                    for (endpoint, claimed) in claimed {
                        self.take(endpoint, claimed);
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "due pushes were not claimed");
                    let later = now.checked_add(AFTER_FAILURE).unwrap_or(now);
                    for claim in asked {
                        self.put(claim.subscription, later);
                    }
                    return;
                }
            }
        }
    }

    /// The endpoints whose turn it is, with an equal share of what may be under way.
    fn next_claims(&mut self, now: Timestamp) -> Vec<EndpointClaim> {
        let free = self.scheduler.concurrency.saturating_sub(self.under_way);
        let due = self.agenda.iter().filter(|(_, entry)| entry.at <= now);
        let mut due: Vec<(u64, SubscriptionNo)> =
            due.map(|(endpoint, entry)| (entry.turn, *endpoint)).collect();
        due.sort_unstable_by_key(|(turn, _)| *turn);
        due.truncate(free.min(CLAIMED_TOGETHER));
        let share = free.checked_div(due.len()).unwrap_or_default();
        due.into_iter()
            .map(|(_, endpoint)| {
                self.agenda.remove(&endpoint);
                EndpointClaim { subscription: endpoint, most: share }
            })
            .collect()
    }

    fn take(&mut self, endpoint: SubscriptionNo, claimed: Claimed) {
        for (client_id, id) in &claimed.expired {
            audit::push_expired(client_id, *id);
        }
        if let Some(at) = claimed.look_again {
            self.put(endpoint, at);
        }
        for job in claimed.jobs {
            self.under_way += 1;
            let (deliverer, outcomes) =
                (Arc::clone(&self.scheduler.deliverer), self.outcomes.clone());
            tokio::spawn(async move {
                let outcome = deliverer.attempt(job).await;
                // The recorder is there for as long as anything can be under way.
                let _ = outcomes.send(outcome).await;
            });
        }
        metrics::pushes_under_way(self.under_way);
    }

    /// Waits until there is something to do.
    async fn wait(&mut self) {
        let (nudges, pause) = (Arc::clone(&self.scheduler.nudges), self.pause());
        tokio::select! {
            endpoints = nudges.nudged() => {
                let now = self.scheduler.clock.now();
                for endpoint in endpoints {
                    self.put(endpoint, now);
                }
            }
            Some(recorded) = self.recorded.recv() => self.done(&recorded),
            () = tokio::time::sleep(pause) => {}
        }
    }

    /// Until the next known due time, or the next look around.
    fn pause(&self) -> Duration {
        let look = self.next_look.saturating_duration_since(Instant::now());
        if self.under_way >= self.scheduler.concurrency {
            return look.max(LEAST_PAUSE);
        }
        let now = self.scheduler.clock.now();
        let next = self.agenda.values().map(|entry| entry.at.duration_since(now)).min();
        let next = next.map_or(look, |next| Duration::try_from(next).unwrap_or_default());
        next.min(look).max(LEAST_PAUSE)
    }

    fn done(&mut self, recorded: &[RecordedPush]) {
        self.under_way = self.under_way.saturating_sub(recorded.len());
        metrics::pushes_under_way(self.under_way);
        let now = self.scheduler.clock.now();
        for done in recorded {
            self.put(done.job.subscription, now);
        }
    }

    /// An endpoint is looked at then, or sooner where that is known already, and keeps its turn.
    fn put(&mut self, endpoint: SubscriptionNo, at: Timestamp) {
        self.turn += 1;
        let new = Entry { at, turn: self.turn };
        self.agenda.entry(endpoint).and_modify(|entry| entry.at = entry.at.min(at)).or_insert(new);
    }

    /// Waits until everything under way is recorded, for a while.
    async fn finish(&mut self) {
        let end = tokio::time::sleep(GRACE);
        tokio::pin!(end);
        while self.under_way > 0 {
            tokio::select! {
                Some(recorded) = self.recorded.recv() => self.done(&recorded),
                // What is left is claimed again when its lease ends.
                () = &mut end => return,
            }
        }
    }
}

/// Endpoints claimed in one transaction.
const CLAIMED_TOGETHER: usize = 32;
/// After a failure of the database.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(1);
const PRUNING_INTERVAL: SignedDuration = SignedDuration::from_hours(1);
const LEAST_PAUSE: Duration = Duration::from_millis(1);
/// How long stopping waits for attempts under way.
const GRACE: Duration = Duration::from_secs(5);
