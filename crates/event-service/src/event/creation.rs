//! Creating an event: signed once, kept, then answered.

use super::{AcceptedEvents, EventId, IdempotentRequest, TransactionId};
use crate::clients::KnownClient;
use crate::metrics;
use crate::service::State;
use crate::set::{
    PermittedFault, SetContent, SetFault, SignedSet, SigningError, TransactionSource,
};
use crate::store::{Appended, ClientNo, Earlier, EventRecord, NewPushJob, NewPushes};
use crate::subscriptions::{Distribution, PushContent, PushedEvents};
use database::DatabaseError;
use jiff::Timestamp;
use std::collections::HashSet;

/// A checked order to create an event.
#[derive(Debug)]
pub(crate) struct EventOrder {
    /// Whose event it is.
    pub(crate) client: KnownClient,
    /// The resource it is about, in the bank's spelling.
    pub(crate) resource_id: String,
    /// What happened.
    pub(crate) events: AcceptedEvents,
    /// The `txn` that the bank gave, if it did.
    pub(crate) transaction: Option<TransactionId>,
    /// What is to be wrong with its SET, if anything.
    pub(crate) fault: Option<PermittedFault>,
}

/// What a carried-out order answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Created {
    /// The event is new.
    New(EventId),
    /// The same request under the same key has made this event before.
    Before(EventId),
}

/// What many orders carried out together answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreatedBatch {
    /// In the order of the orders.
    pub(crate) ids: Vec<EventId>,
    /// Whether the same request under the same key has made them before.
    pub(crate) repeated: bool,
}

/// Why an accepted order was not carried out; nothing is kept then, or (a lost commit) it is not
/// known whether it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CreationError {
    /// As many SETs as may wait to be signed.
    #[error("too many SETs wait to be signed")]
    Busy,
    /// The database is away or full.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The idempotency key belongs to another request.
    #[error("the idempotency key was used with another request")]
    KeyReused,
    /// No signing key is published yet, so that nobody could verify the SET.
    #[error("no signing key has been published yet")]
    KeyUnpublished,
    /// A fault takes an older event of the client that waits, and there is none.
    #[error("no older event of the client waits whose jti could be repeated")]
    NothingToRepeat,
    /// The SET could not be signed.
    #[error("the SET could not be signed: {0}")]
    Signing(String),
}

impl From<SigningError> for CreationError {
    fn from(error: SigningError) -> Self {
        match error {
            SigningError::Busy => Self::Busy,
            error @ (SigningError::Failed(_) | SigningError::Unreadable) => {
                Self::Signing(error.to_string())
            }
        }
    }
}

impl State {
    /// What `request` was answered when it came before.
    pub(crate) async fn created_before(
        &self,
        request: &IdempotentRequest,
    ) -> Result<Option<Created>, CreationError> {
        self.store.earlier(request.clone()).await?.map(Created::before).transpose()
    }

    /// What `request`, of many events, was answered when it came before.
    pub(crate) async fn batch_created_before(
        &self,
        request: &IdempotentRequest,
    ) -> Result<Option<CreatedBatch>, CreationError> {
        self.store.earlier(request.clone()).await?.map(CreatedBatch::before).transpose()
    }

    /// Signs the SET and keeps it with its event, as far as anybody is to be told of it; `Ok` means
    /// that the event survives a crash.
    pub(crate) async fn create(
        &self,
        order: EventOrder,
        idempotent: Option<IdempotentRequest>,
    ) -> Result<Created, CreationError> {
        self.create_batch(vec![order], idempotent).await?.into_one()
    }

    /// The same for many events, all of them or none: signed in one go, kept in one unit of work.
    pub(crate) async fn create_batch(
        &self,
        orders: Vec<EventOrder>,
        idempotent: Option<IdempotentRequest>,
    ) -> Result<CreatedBatch, CreationError> {
        let now = self.clock.now();
        let (mut events, mut contents) = (Vec::with_capacity(orders.len()), Vec::new());
        for order in orders {
            let (event, content) = self.prepare(order, now).await?;
            contents.extend(content.map(|content| (events.len(), content)));
            events.push(event);
        }
        self.sign(&mut events, contents, now).await?;
        let ids = events.iter().map(|event| event.id).collect();
        let waiting = events.iter().filter(|event| event.set.is_some());
        let clients: HashSet<ClientNo> = waiting.map(|event| event.client_no).collect();
        let pushes = events.iter().flat_map(|event| &event.pushes.jobs);
        let told: Vec<_> = pushes.map(|push| push.subscription).collect();
        match self.store.append(events, idempotent).await? {
            Appended::New => {
                for client_no in clients {
                    self.wake_ups.notify(client_no);
                }
                if !told.is_empty() {
                    self.push.nudge(told);
                }
                Ok(CreatedBatch { ids, repeated: false })
            }
            Appended::Before(earlier) => CreatedBatch::before(earlier),
        }
    }

    /// The event without its SET, and what that is to say, where anybody is to be told.
    async fn prepare(
        &self,
        order: EventOrder,
        now: Timestamp,
    ) -> Result<(EventRecord, Option<SetContent>), CreationError> {
        let client_no = order.client.client_no;
        let subscriptions = self.subscriptions.of(client_no).await?;
        let all_types = types(&order.events)?;
        let distribution = self.fan_out.distribute(&subscriptions, order.events);
        let acknowledge = distribution.pushes_all();
        let mut event = EventRecord {
            id: self.event_ids.next(now),
            client_no,
            event_types: all_types,
            resource_id: order.resource_id,
            set: None,
            created_at: now,
            pushes: NewPushes::default(),
        };
        let Distribution { poll: Some(events), pushes } = distribution else {
            metrics::not_subscribed();
            return Ok((event, None));
        };
        event.event_types = types(&events)?;
        let (transaction, transaction_source) = match order.transaction {
            Some(given) => (given.into(), TransactionSource::Bank),
            None => (self.random.uuid_v4().to_string(), TransactionSource::Own),
        };
        let fault = self.fault(order.fault, client_no).await?;
        let content = SetContent {
            id: event.id,
            profile: events.profile(),
            client_id: order.client.client_id,
            resource_id: event.resource_id.clone(),
            events,
            transaction,
            transaction_source,
            happened_at: now,
            issued_at: now,
            fault,
        };
        let jobs = self.sign_pushes(&content, pushes).await?;
        event.pushes = NewPushes { jobs, acknowledge };
        Ok((event, Some(content)))
    }

    /// Signs `contents`, each for the event at its place.
    async fn sign(
        &self,
        events: &mut [EventRecord],
        contents: Vec<(usize, SetContent)>,
        now: Timestamp,
    ) -> Result<(), CreationError> {
        if contents.is_empty() {
            return Ok(());
        }
        let key = self.keys.published(now).ok_or(CreationError::KeyUnpublished)?;
        let (places, contents): (Vec<_>, Vec<_>) = contents.into_iter().unzip();
        for (place, set) in places.into_iter().zip(self.signer.sign_all(key, contents).await?) {
            events[place].set = Some(set);
        }
        Ok(())
    }

    /// The fault with what it takes.
    async fn fault(
        &self,
        permitted: Option<PermittedFault>,
        client_no: ClientNo,
    ) -> Result<Option<SetFault>, CreationError> {
        let Some(permitted) = permitted else { return Ok(None) };
        let older = self.store.newest_open(client_no).await?;
        permitted.with(older).map(Some).ok_or(CreationError::NothingToRepeat)
    }

    /// What is pushed beside `content`, which is polled; nothing where pushing is switched off.
    async fn sign_pushes(
        &self,
        content: &SetContent,
        pushes: Vec<PushContent>,
    ) -> Result<Vec<NewPushJob>, CreationError> {
        let mut jobs = Vec::new();
        for push in pushes.into_iter().filter(|_| self.config.push.enabled) {
            let set_jws = match push.events {
                PushedEvents::AsPolled => None,
                PushedEvents::Fewer(events) => {
                    self.sign_one(content.with_events(events)).await?.map(|set| set.compact)
                }
            };
            jobs.push(NewPushJob { subscription: push.subscription, set_jws });
        }
        Ok(jobs)
    }

    async fn sign_one(&self, content: SetContent) -> Result<Option<SignedSet>, CreationError> {
        let key = self.keys.published(content.issued_at).ok_or(CreationError::KeyUnpublished)?;
        Ok(self.signer.sign_all(key, vec![content]).await?.pop())
    }
}

fn types(events: &AcceptedEvents) -> Result<String, CreationError> {
    serde_json::to_string(&events.types())
        .map_err(|error| CreationError::Signing(error.to_string()))
}

impl Created {
    /// The event.
    pub(crate) fn id(&self) -> EventId {
        match self {
            Self::New(id) | Self::Before(id) => *id,
        }
    }

    fn before(earlier: Earlier) -> Result<Self, CreationError> {
        CreatedBatch::before(earlier)?.into_one()
    }
}

impl CreatedBatch {
    fn before(earlier: Earlier) -> Result<Self, CreationError> {
        match earlier {
            Earlier::Same(ids) => Ok(Self { ids, repeated: true }),
            Earlier::Other => Err(CreationError::KeyReused),
        }
    }

    fn into_one(self) -> Result<Created, CreationError> {
        match (self.ids.as_slice(), self.repeated) {
            ([id], false) => Ok(Created::New(*id)),
            ([id], true) => Ok(Created::Before(*id)),
            // A key of a batch: that was another request.
            _ => Err(CreationError::KeyReused),
        }
    }
}
