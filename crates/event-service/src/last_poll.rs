//! When each client last polled: noted in memory, written once in a while, many at once.

use crate::service::State;
use crate::store::ClientNo;
use database::DatabaseError;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A poll and what it got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LastPoll {
    pub(crate) at: Timestamp,
    /// SETs returned.
    pub(crate) sets: usize,
    /// Events acknowledged or reported.
    pub(crate) released: usize,
    pub(crate) more_available: bool,
}

/// The last poll of each client that is not written yet.
#[derive(Debug, Default)]
pub(crate) struct LastPolls(Mutex<HashMap<ClientNo, LastPoll>>);

impl LastPolls {
    /// Notes a poll.
    pub(crate) fn note(&self, client_no: ClientNo, poll: LastPoll) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = noted.entry(client_no).or_insert(poll);
        if last.at < poll.at {
            *last = poll;
        }
    }

    fn of(&self, client_no: ClientNo) -> Option<LastPoll> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&client_no).copied()
    }

    fn take(&self) -> HashMap<ClientNo, LastPoll> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    /// The last poll of a client; of one at another replica it may tell some seconds later.
    pub(crate) async fn last_poll(
        &self,
        client_no: ClientNo,
    ) -> Result<Option<LastPoll>, DatabaseError> {
        let noted = self.last_polls.of(client_no);
        let written = self.store.last_poll(client_no).await?;
        Ok(noted.into_iter().chain(written).max_by_key(|poll| poll.at))
    }

    /// Writes what is noted, again and again, for ever.
    pub(crate) async fn keep_last_polls(&self) {
        loop {
            tokio::time::sleep(WRITE_EVERY).await;
            self.write_last_polls().await;
        }
    }

    /// Writes what is noted in one unit of work.
    pub(crate) async fn write_last_polls(&self) {
        let polls = self.last_polls.take();
        if polls.is_empty() {
            return;
        }
        if let Err(error) = self.store.write_last_polls(polls.clone().into_iter().collect()).await {
            tracing::warn!(%error, "when clients last polled was not written; it is tried again");
            for (client_no, poll) in polls {
                self.last_polls.note(client_no, poll);
            }
        }
    }
}

/// What a crash may forget.
const WRITE_EVERY: Duration = Duration::from_secs(10);
