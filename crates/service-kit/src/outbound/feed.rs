//! Following a peer's ordered feed of changes by long polls.

use super::service::{PeerError, ServiceClient};
use crate::{SharedClock, SharedRandom, shutdown::StopSignal};
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use std::{marker::PhantomData, time::Duration};
use tokio::{sync::watch, time::sleep};

/// Where a feed is, and what following it takes.
#[derive(Clone, Debug)]
pub struct FeedSource {
    /// Calls the peer.
    pub client: ServiceClient,
    /// The peer's base URL, without a slash at the end.
    pub base_url: String,
    /// Path of the state: `GET` answers `{"position": N, "history": H, …}`, the state after change
    /// `N`; `H`, letters, digits, `-` and `_`, stands for all changes up to there, and may be left out.
    pub state_path: &'static str,
    /// Path of the changes: `GET ?after=N&wait=SECONDS&history=H` answers `{"changes": […], "next": M,
    /// "history": I}`, and 410 for a position that is no longer, or not yet, known, or has another
    /// history: the peer's database was restored to what it was earlier.
    pub changes_path: &'static str,
    /// Tells when the peer answered last.
    pub clock: SharedClock,
    /// Spreads the repetitions of several readers.
    pub random: SharedRandom,
}

/// A reader of a feed: the whole state first, then what changes, in order and each change once.
///
/// `S` is the state without its position, `C` one change; a change of a type that the reader does
/// not know must deserialise into something that it ignores. A change that cannot be read all the
/// same, and a peer that no longer knows the position, make it read the state again.
#[derive(Debug)]
pub struct FeedFollower<S, C> {
    source: FeedSource,
    known: Option<Known>,
    /// Failures since the last answer.
    failures: u32,
    last_success: watch::Sender<Option<Timestamp>>,
    news: PhantomData<fn() -> (S, C)>,
}

/// What a feed has to tell.
#[derive(Debug)]
pub enum FeedNews<S, C> {
    /// The whole state; what was known before is void.
    State(S),
    /// What changed since, oldest first. Empty after a while without changes.
    Changes(Vec<C>),
    /// The peer did not answer as it should. What is known stays; it is asked again.
    Lost(PeerError),
}

/// When a feed's peer answered last; clones share.
#[derive(Clone, Debug)]
pub struct FeedFreshness {
    last_success: watch::Receiver<Option<Timestamp>>,
}

/// Until where the feed is known.
#[derive(Clone, Debug)]
struct Known {
    position: i64,
    history: Option<String>,
}

#[derive(Deserialize)]
struct StateAnswer<S> {
    position: i64,
    history: Option<String>,
    #[serde(flatten)]
    state: S,
}

#[derive(Deserialize)]
struct ChangesAnswer {
    changes: Vec<serde_json::Value>,
    next: i64,
    history: Option<String>,
}

impl<S: DeserializeOwned, C: DeserializeOwned> FeedFollower<S, C> {
    /// A follower that knows nothing yet.
    #[must_use]
    pub fn new(source: FeedSource) -> Self {
        Self {
            source,
            known: None,
            failures: 0,
            last_success: watch::Sender::new(None),
            news: PhantomData,
        }
    }

    /// Tells when the peer answered last.
    #[must_use]
    pub fn freshness(&self) -> FeedFreshness {
        FeedFreshness { last_success: self.last_success.subscribe() }
    }

    /// Waits for news; `None` when `stop` comes first. After failures it waits longer and longer, up
    /// to five seconds, before it asks again. What it returned is not returned again.
    pub async fn next(&mut self, stop: &mut StopSignal) -> Option<FeedNews<S, C>> {
        tokio::select! {
            () = stop.stopped() => None,
            news = self.news() => Some(news),
        }
    }

    /// Has the next news be the state, for changes that do not say themselves what is now.
    pub fn read_state_again(&mut self) {
        self.known = None;
    }

    async fn news(&mut self) -> FeedNews<S, C> {
        sleep(self.pause()).await;
        match self.ask().await {
            Ok(news) => {
                self.failures = 0;
                self.last_success.send_replace(Some(self.source.clock.now()));
                news
            }
            Err(error) => {
                self.failures = self.failures.saturating_add(1);
                FeedNews::Lost(error)
            }
        }
    }

    async fn ask(&mut self) -> Result<FeedNews<S, C>, PeerError> {
        if let Some(known) = self.known.clone()
            && let Some(changes) = self.changes(known).await?
        {
            return Ok(FeedNews::Changes(changes));
        }
        self.known = None;
        let FeedSource { client, base_url, state_path, .. } = &self.source;
        let answer: Option<StateAnswer<S>> =
            client.get_large(&format!("{base_url}{state_path}")).await?;
        let StateAnswer { position, history, state } = answer.ok_or_else(|| no_such(state_path))?;
        self.known = Some(Known { position, history });
        Ok(FeedNews::State(state))
    }

    /// The changes after a position; none where only the state says what is.
    async fn changes(&mut self, known: Known) -> Result<Option<Vec<C>>, PeerError> {
        let FeedSource { client, base_url, changes_path, .. } = &self.source;
        let Known { position: after, history } = known;
        let mut url = format!("{base_url}{changes_path}?after={after}&wait={}", WAIT.as_secs());
        if let Some(history) = history {
            url.push_str("&history=");
            url.push_str(&history);
        }
        let answer = match client.get_waiting(&url, WAIT).await {
            Ok(answer) => answer,
            Err(PeerError::Status { status: 410, .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let ChangesAnswer { changes, next, history } =
            answer.ok_or_else(|| no_such(changes_path))?;
        let read: Result<Vec<C>, _> = changes.into_iter().map(serde_json::from_value).collect();
        match read {
            Ok(changes) if next >= after => {
                self.known = Some(Known { position: next, history });
                Ok(Some(changes))
            }
            Ok(_) => Ok(None),
            Err(error) => {
                tracing::warn!(%error, "unreadable change in a feed, its state is read instead");
                Ok(None)
            }
        }
    }

    /// Half of the time is left to chance, so that readers that lost their peer together do not come
    /// back together.
    fn pause(&self) -> Duration {
        let Some(doublings) = self.failures.checked_sub(1) else { return Duration::ZERO };
        let longest = LAST_PAUSE.min(FIRST_PAUSE * 2_u32.saturating_pow(doublings.min(16)));
        let mut chance = [0; 2];
        self.source.random.fill(&mut chance);
        let chance = f64::from(u16::from_be_bytes(chance)) / f64::from(u16::MAX);
        longest / 2 + (longest / 2).mul_f64(chance)
    }
}

impl FeedFreshness {
    /// When the peer answered last; none where it never has.
    #[must_use]
    pub fn last_success(&self) -> Option<Timestamp> {
        *self.last_success.borrow()
    }
}

fn no_such(path: &str) -> PeerError {
    PeerError::Status { status: 404, body: format!("no {path}") }
}

/// How long the peer may keep an answer back. It bounds how long a connection that died silently
/// goes unnoticed.
const WAIT: Duration = Duration::from_secs(10);
/// Short, because a reader often starts together with its peer.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_secs(5);
