//! The safety net: a look for events of which no word has come.

use super::Waiters;
use crate::store::Store;
use std::time::Duration;
use tokio::time::sleep;

impl Waiters {
    /// Looks again and again, `every` so often, for as long as it is polled.
    pub(crate) async fn keep_rechecking(&self, store: &Store, every: Duration) {
        loop {
            sleep(every).await;
            self.recheck(store).await;
        }
    }

    /// Wakes the polls for which there is something, found by one query.
    pub(crate) async fn recheck(&self, store: &Store) {
        let waiting = self.clients();
        if waiting.is_empty() {
            return;
        }
        match store.with_open_events(waiting).await {
            Ok(found) => {
                for client_no in found {
                    self.wake(client_no);
                }
            }
            // The polls go on waiting; whoever watches the database says that it is away.
            Err(error) => tracing::debug!(%error, "could not look for waiting polls"),
        }
    }
}
