//! The subscriptions of every client, as of now.

use super::Subscription;
use crate::store::{
    AddError, ChangeError, ClientNo, NewSubscription, OwnedSubscription, Store, SubscriptionChange,
    SubscriptionLimit,
};
use database::DatabaseError;
use jiff::Timestamp;
use moka::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The subscriptions, remembered where nobody else can change them.
///
/// A reading that begins after a change was answered sees that change. On PostgreSQL, where replicas
/// change them too, every reading asks the database.
#[derive(Clone, Debug)]
pub(crate) struct Register {
    store: Store,
    memory: Option<Arc<Memory>>,
}

/// What was read, and how many changes there had been before.
#[derive(Debug)]
struct Memory {
    seen: Cache<ClientNo, (u64, Arc<[Subscription]>)>,
    changes: AtomicU64,
}

impl Register {
    /// The register in `store`.
    pub(crate) fn new(store: Store) -> Self {
        let memory = store.is_of_one_process().then(|| {
            let seen = Cache::builder().max_capacity(REMEMBERED).time_to_live(LONGEST).build();
            Arc::new(Memory { seen, changes: AtomicU64::new(0) })
        });
        Self { store, memory }
    }

    /// The active subscriptions and callback URLs of a client, oldest first.
    pub(crate) async fn of(
        &self,
        client_no: ClientNo,
    ) -> Result<Arc<[Subscription]>, DatabaseError> {
        let Some(memory) = &self.memory else {
            return Ok(self.store.subscriptions(client_no).await?.into());
        };
        let changes = memory.changes.load(Ordering::Acquire);
        if let Some((then, seen)) = memory.seen.get(&client_no)
            && then == changes
        {
            return Ok(seen);
        }
        let read: Arc<[Subscription]> = self.store.subscriptions(client_no).await?.into();
        memory.seen.insert(client_no, (changes, Arc::clone(&read)));
        Ok(read)
    }

    /// Adds `new` unless its client has reached `limit`.
    pub(crate) async fn add(
        &self,
        new: NewSubscription,
        limit: SubscriptionLimit,
        now: Timestamp,
    ) -> Result<Subscription, AddError> {
        let store = self.store.clone();
        self.changing(async move { store.add_subscription(new, limit, now).await }).await
    }

    /// Applies what `change` makes of the subscription, and returns what it is then, or was.
    pub(crate) async fn change<R: Send + 'static>(
        &self,
        owned: OwnedSubscription,
        now: Timestamp,
        change: impl FnMut(&Subscription) -> Result<SubscriptionChange, R> + Send + 'static,
    ) -> Result<Subscription, ChangeError<R>> {
        let store = self.store.clone();
        self.changing(async move { store.change_subscription(owned, now, change).await }).await
    }

    /// Runs `work` to its end, also when the caller leaves, so that no change goes unnoticed.
    async fn changing<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let memory = self.memory.clone();
        let changed = tokio::spawn(async move {
            let result = work.await;
            if let Some(memory) = memory {
                memory.changes.fetch_add(1, Ordering::AcqRel);
            }
            result
        });
        changed.await.unwrap_or_else(|_| Err(DatabaseError::Panicked.into()))
    }
}

/// Clients kept in memory.
const REMEMBERED: u64 = 10_000;
/// A commit that the database answers after its time-out is noticed after so long.
const LONGEST: Duration = Duration::from_secs(5);
