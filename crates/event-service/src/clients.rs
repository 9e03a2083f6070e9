//! Clients, which the key manager owns: asked for once, remembered, asked again after a while.

use crate::store::{ClientNo, Store, StoredClient};
use database::DatabaseError;
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;
use serde::Deserialize;
use serde_json::value::RawValue;
use service_kit::SharedClock;
use service_kit::outbound::{PeerError, ServiceClient};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use url::Url;

/// A client that exists and is active: proof that the key manager said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownClient {
    pub(crate) client_id: String,
    pub(crate) client_no: ClientNo,
}

/// Why a client id names no known client.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnknownClient {
    /// The key manager does not know it, or has disabled it.
    #[error("no active client has this id")]
    NotFound,
    /// It is not stored here and the key manager does not answer.
    #[error("the key manager cannot be asked: {0}")]
    Unavailable(PeerError),
    /// The database is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// The clients seen so far.
#[derive(Debug)]
pub(crate) struct Clients {
    store: Store,
    key_manager: KeyManager,
    clock: SharedClock,
    recheck: SignedDuration,
    seen: Cache<String, Arc<Seen>>,
    /// Counts what the feed told, so that nothing read before is remembered after it.
    told: AtomicU64,
    /// Whether the feed is followed: then nothing needs to be asked again after a while.
    following: AtomicBool,
}

/// The key manager as the owner of clients.
#[derive(Clone, Debug)]
pub(crate) struct KeyManager {
    pub(crate) client: ServiceClient,
    /// Base URL of its internal listener.
    pub(crate) url: Url,
}

/// A stored client and when to ask for it again.
#[derive(Debug)]
struct Seen {
    client: StoredClient,
    /// Unix microseconds; moved ahead by the one caller that asks.
    ask_at: AtomicI64,
}

/// The members of the key manager's answer that matter here; the rest is stored as it came.
#[derive(Deserialize)]
struct ClientDocument {
    client_id: String,
    status: String,
}

impl Clients {
    /// Clients of `key_manager`, asked again after `recheck`.
    pub(crate) fn new(
        store: Store,
        key_manager: KeyManager,
        clock: SharedClock,
        recheck: SignedDuration,
    ) -> Self {
        Self {
            store,
            key_manager,
            clock,
            recheck,
            seen: Cache::new(REMEMBERED),
            told: AtomicU64::new(0),
            following: AtomicBool::new(false),
        }
    }

    /// The active client `client_id`. A stored row answers while the key manager is away; without
    /// one, no answer is [`UnknownClient::Unavailable`].
    pub(crate) async fn find(&self, client_id: &str) -> Result<KnownClient, UnknownClient> {
        if !is_client_id(client_id) {
            return Err(UnknownClient::NotFound);
        }
        let stored = match self.stored(client_id).await? {
            None => self.ask(client_id).await?,
            Some(seen) if self.is_due(&seen) => self.ask_again(client_id, &seen).await?,
            Some(seen) => seen.client.clone(),
        };
        if stored.status != ACTIVE {
            return Err(UnknownClient::NotFound);
        }
        Ok(KnownClient { client_id: client_id.to_owned(), client_no: stored.client_no })
    }

    async fn stored(&self, client_id: &str) -> Result<Option<Arc<Seen>>, DatabaseError> {
        if let Some(seen) = self.seen.get(client_id) {
            return Ok(Some(seen));
        }
        let told = self.told();
        let stored = self.store.client(client_id.to_owned()).await?;
        Ok(stored.map(|client| self.remember(client_id, client, told)))
    }

    /// Remembers a client, read when the feed had told `told`.
    fn remember(&self, client_id: &str, client: StoredClient, told: u64) -> Arc<Seen> {
        let ask_at = client.asked_at.saturating_add(micros(self.recheck));
        let seen = Arc::new(Seen { client, ask_at: ask_at.into() });
        self.seen.insert(client_id.to_owned(), Arc::clone(&seen));
        if self.told() != told {
            self.seen.invalidate(client_id);
        }
        seen
    }

    /// Whether it is this caller's turn to ask again: when the feed has told of a change, or, while it
    /// is not followed, after a while.
    fn is_due(&self, seen: &Seen) -> bool {
        let has_changed = seen.client.asked_at == NOT_SINCE_CHANGED;
        (has_changed || !self.following.load(Ordering::Acquire))
            && seen.is_due(self.clock.now(), self.recheck)
    }

    /// Takes in what the feed told: ids of clients and their status.
    pub(crate) async fn take_in(
        &self,
        changes: Vec<(String, String)>,
    ) -> Result<(), DatabaseError> {
        for (client_id, status) in changes {
            // Before and after: what is asked meanwhile may be answered from before the change.
            self.told.fetch_add(1, Ordering::AcqRel);
            if status == DELETED {
                self.store.forget_client(client_id.clone()).await?;
            } else {
                self.store.set_client_status(client_id.clone(), status).await?;
            }
            self.told.fetch_add(1, Ordering::AcqRel);
            self.seen.invalidate(&client_id);
        }
        self.following.store(true, Ordering::Release);
        Ok(())
    }

    /// Takes in the status of every client that there is.
    pub(crate) async fn take_in_all(
        &self,
        all: HashMap<String, String>,
    ) -> Result<(), DatabaseError> {
        let stored = self.store.known_clients().await?;
        let changed = stored.into_iter().filter_map(|(client_id, stored)| {
            let status = all.get(&client_id).map_or(DELETED, String::as_str);
            (status != stored).then(|| (client_id, status.to_owned()))
        });
        self.take_in(changed.collect()).await
    }

    /// The feed is not followed any more: clients are asked for again after a while.
    pub(crate) fn feed_lost(&self) {
        self.following.store(false, Ordering::Release);
    }

    fn told(&self) -> u64 {
        self.told.load(Ordering::Acquire)
    }

    /// Asks the key manager and stores what it says; again where the feed told something meanwhile.
    async fn ask(&self, client_id: &str) -> Result<StoredClient, UnknownClient> {
        for _ in 1..MOST_QUESTIONS {
            let told = self.told();
            let answer = self.ask_once(client_id).await;
            if self.told() == told {
                return answer;
            }
        }
        self.ask_once(client_id).await
    }

    async fn ask_once(&self, client_id: &str) -> Result<StoredClient, UnknownClient> {
        let told = self.told();
        let answer = self.key_manager.client(client_id).await;
        let Some((document, text)) = answer.map_err(UnknownClient::Unavailable)? else {
            self.seen.invalidate(client_id);
            self.store.forget_client(client_id.to_owned()).await?;
            return Err(UnknownClient::NotFound);
        };
        let now = self.clock.now();
        let client =
            self.store.remember_client(client_id.to_owned(), document.status, text, now).await?;
        Ok(self.remember(client_id, client, told).client.clone())
    }

    /// Asks again; no answer leaves the stored row in force until the next try.
    async fn ask_again(&self, client_id: &str, seen: &Seen) -> Result<StoredClient, UnknownClient> {
        match self.ask(client_id).await {
            Err(UnknownClient::Unavailable(error)) => {
                tracing::warn!(client_id, %error, "the key manager was not asked again about a client");
                let retry_at = self.clock.now().as_microsecond() + micros(RETRY);
                seen.ask_at.store(retry_at, Ordering::Relaxed);
                Ok(seen.client.clone())
            }
            answer => answer,
        }
    }
}

impl Seen {
    /// Whether it is this caller's turn to ask; the others go on with the row meanwhile.
    fn is_due(&self, now: Timestamp, recheck: SignedDuration) -> bool {
        let (now, ask_at) = (now.as_microsecond(), self.ask_at.load(Ordering::Relaxed));
        // A row from the future was stored before the clock was set back.
        let due = now >= ask_at || ask_at - now > micros(recheck);
        due && self
            .ask_at
            .compare_exchange(ask_at, now + micros(RETRY), Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }
}

impl KeyManager {
    /// The client as the key manager describes it: what is read here, and the whole text.
    async fn client(&self, client_id: &str) -> Result<Option<(ClientDocument, String)>, PeerError> {
        let mut url = self.url.clone();
        url.path_segments_mut()
            .map_err(|()| PeerError::Unavailable("its address cannot carry a path".to_owned()))?
            .pop_if_empty()
            .extend(["internal", "v1", "clients", client_id]);
        let Some(text) = self.client.get::<Box<RawValue>>(url.as_str()).await? else {
            return Ok(None);
        };
        let document: ClientDocument = serde_json::from_str(text.get())
            .map_err(|error| PeerError::Unavailable(format!("unexpected body: {error}")))?;
        // Whatever an address makes of an id on its way: the answer must be about that very id.
        Ok((document.client_id == client_id).then(|| (document, text.get().to_owned())))
    }
}

/// Visible ASCII (RFC 6749 appendix A.1, without the space) of a reasonable length, and nothing
/// that a URL reads as a step between directories.
fn is_client_id(text: &str) -> bool {
    (1..=MAX_CLIENT_ID).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && text != "."
        && text != ".."
}

fn micros(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// When a client was asked for that has changed since (`asked_at`).
pub(crate) const NOT_SINCE_CHANGED: i64 = 0;
/// The status in the feed of clients that are gone.
const DELETED: &str = "deleted";
/// How often a client is asked for while others keep changing.
const MOST_QUESTIONS: u32 = 3;
/// The status that the key manager gives usable clients.
pub(crate) const ACTIVE: &str = "active";
/// How long after an unanswered question the next one is asked.
const RETRY: SignedDuration = SignedDuration::from_secs(5);
/// Clients kept in memory.
const REMEMBERED: u64 = 10_000;
/// Characters of a client id.
const MAX_CLIENT_ID: usize = 128;
