//! The feed of changes: who waits for the next one, and how they hear of it.

use crate::store::{self, ChangePage, FeedPosition, RecordedChange};
use database::{Database, DatabaseError};
use metrics::{Gauge, gauge};
use std::time::Duration;
use tokio::sync::{Mutex, Notify, Semaphore, SemaphorePermit, watch};
use tokio::time::timeout;

/// The changes in a database, and the calls that wait for the next one.
///
/// A waiting call asks the database nothing. One of them looks for all, when this process has
/// recorded a change and every [`RECHECK`] for those of other replicas; where nobody waits, nobody
/// looks.
#[derive(Debug)]
pub(crate) struct ChangeFeed {
    database: Database,
    known: watch::Sender<Known>,
    announced: Notify,
    /// Held by the waiting call that looks for all.
    lookout: Mutex<()>,
    places: Semaphore,
    most: usize,
}

/// What the waiting calls have been told.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    last_position: i64,
    closed: bool,
}

/// What follows a position.
#[derive(Debug)]
pub(crate) struct Changes {
    /// In their order, maybe none.
    pub(crate) changes: Vec<RecordedChange>,
    /// What the feed is up to the last of them.
    pub(crate) history: String,
}

/// A call that waits, until it is dropped.
struct Place<'p> {
    _permit: SemaphorePermit<'p>,
    waiting: Gauge,
}

/// Why no changes can be given.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FollowError {
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// What follows the position is not kept, or the position is of no change of ours.
    #[error("what follows the position is not kept")]
    Gone,
    /// The process stops; whoever would wait must ask another.
    #[error("the process is stopping")]
    Stopping,
    /// As many wait as may.
    #[error("too many calls wait")]
    TooManyWaiters,
}

impl ChangeFeed {
    /// The changes in `database`; at most `places` calls wait at a time.
    pub(crate) fn new(database: Database, places: u32) -> Self {
        Self {
            database,
            known: watch::Sender::default(),
            announced: Notify::new(),
            lookout: Mutex::new(()),
            places: Semaphore::new(places as usize),
            most: places as usize,
        }
    }

    /// The changes after `known`; where there are none yet, waits for them. None after `wait`, or when
    /// the process stops.
    pub(crate) async fn follow(
        &self,
        known: FeedPosition,
        wait: Duration,
    ) -> Result<Changes, FollowError> {
        let after = known.position;
        let page = self.page(known.clone()).await?;
        if !page.changes.is_empty() || wait.is_zero() {
            return Ok(page);
        }
        if self.known.borrow().closed {
            return Err(FollowError::Stopping);
        }
        let _place = Place::take(&self.places)?;
        // An error is the end of the time to wait.
        let _ = timeout(wait, self.wait(after)).await;
        if self.known.borrow().last_position <= after {
            return Ok(page);
        }
        self.page(known).await
    }

    /// The next changes after `known`, for this process itself, which takes no place; `None` where they
    /// are not kept.
    pub(crate) async fn next(&self, known: FeedPosition) -> Result<Option<Changes>, DatabaseError> {
        self.wait(known.position).await;
        match self.page(known).await {
            Ok(page) => Ok(Some(page)),
            Err(FollowError::Database(error)) => Err(error),
            Err(FollowError::Gone | FollowError::Stopping | FollowError::TooManyWaiters) => {
                Ok(None)
            }
        }
    }

    /// Tells the waiting calls of this process that a change was committed.
    pub(crate) fn announce(&self) {
        self.announced.notify_one();
    }

    /// Ends every wait, now and from now on.
    pub(crate) fn close(&self) {
        self.known.send_modify(|known| known.closed = true);
    }

    /// How many calls wait.
    pub(crate) fn waiting(&self) -> usize {
        self.most.saturating_sub(self.places.available_permits())
    }

    async fn page(&self, known: FeedPosition) -> Result<Changes, FollowError> {
        let page = self
            .database
            .read(move |connection| {
                Ok::<_, DatabaseError>(ChangePage::read(connection, &known, PAGE)?)
            })
            .await?;
        match page {
            ChangePage::Changes { changes, history } => Ok(Changes { changes, history }),
            ChangePage::Gone => Err(FollowError::Gone),
        }
    }

    /// Waits for a change after `after`, or for the end.
    async fn wait(&self, after: i64) {
        let mut known = self.known.subscribe();
        tokio::select! {
            // An error would mean that this feed is gone.
            _ = known.wait_for(|known| known.closed || known.last_position > after) => {}
            () = self.look_out() => {}
        }
    }

    /// Looks for changes as long as the call waits that does it; then it is the next one's turn.
    async fn look_out(&self) {
        let _turn = self.lookout.lock().await;
        loop {
            match self.last_position().await {
                Ok(last) => self.tell(last),
                Err(error) => tracing::debug!(%error, "no look for changes"),
            }
            let announced = self.announced.notified();
            let _ = timeout(RECHECK, announced).await;
        }
    }

    async fn last_position(&self) -> Result<i64, DatabaseError> {
        self.database.read(|connection| Ok(store::last_position(connection)?)).await
    }

    fn tell(&self, last_position: i64) {
        self.known.send_if_modified(|known| {
            let news = known.last_position != last_position;
            known.last_position = last_position;
            news
        });
    }
}

impl<'p> Place<'p> {
    fn take(places: &'p Semaphore) -> Result<Self, FollowError> {
        let permit = places.try_acquire().map_err(|_| FollowError::TooManyWaiters)?;
        let waiting = gauge!("lombard_change_feed_waiting_calls");
        waiting.increment(1.0);
        Ok(Self { _permit: permit, waiting })
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.waiting.decrement(1.0);
    }
}

/// The most changes of one answer.
const PAGE: i64 = 500;
/// How long a change of another replica goes unnoticed at most.
const RECHECK: Duration = Duration::from_millis(500);
