//! The polls that wait in this process, by client.

use crate::metrics;
use crate::store::ClientNo;
use service_kit::shutdown::{Shutdown, StopSignal};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Who waits.
#[derive(Debug)]
pub(crate) struct Waiters {
    /// One entry for each client with a waiting poll. Its receivers are those polls; its value is
    /// when they were last woken.
    clients: Mutex<HashMap<ClientNo, watch::Sender<Instant>>>,
    /// How many of one client may wait.
    most: usize,
    shutdown: Shutdown,
}

/// A poll's place among those that wait, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Waiter {
    waiters: Arc<Waiters>,
    client_no: ClientNo,
    woken: watch::Receiver<Instant>,
    stop: StopSignal,
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitEnd {
    /// The process stops.
    Stopping,
    /// Nothing came in time.
    TimedOut,
    /// There may be something new, since this moment.
    Woken(Instant),
}

/// Why a poll may not wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// As many of this client as may wait already do.
    Full,
    /// The process stops.
    Stopping,
}

impl Waiters {
    /// Nobody waits yet; at most `most` of one client ever do.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { clients: Mutex::default(), most, shutdown: Shutdown::new() })
    }

    /// Takes a place for a poll of `client_no`. Every wake-up from now on ends its wait.
    pub(crate) fn enter(self: &Arc<Self>, client_no: ClientNo) -> Result<Waiter, Refused> {
        let stop = self.shutdown.signal();
        if stop.is_stopping() {
            return Err(Refused::Stopping);
        }
        let woken = {
            let mut clients = self.lock();
            let sender =
                clients.entry(client_no).or_insert_with(|| watch::Sender::new(Instant::now()));
            if sender.receiver_count() >= self.most {
                return Err(Refused::Full);
            }
            sender.subscribe()
        };
        metrics::poll_waits(1.0);
        Ok(Waiter { waiters: Arc::clone(self), client_no, woken, stop })
    }

    /// Wakes the polls of `client_no`.
    pub(crate) fn wake(&self, client_no: ClientNo) {
        if let Some(sender) = self.lock().get(&client_no) {
            sender.send_replace(Instant::now());
        }
    }

    /// Wakes every poll.
    pub(crate) fn wake_all(&self) {
        let now = Instant::now();
        for sender in self.lock().values() {
            sender.send_replace(now);
        }
    }

    /// The clients with waiting polls.
    pub(crate) fn clients(&self) -> Vec<ClientNo> {
        self.lock().keys().copied().collect()
    }

    /// Ends every wait, and lets nobody wait any more.
    pub(crate) fn close(&self) {
        self.shutdown.trigger();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ClientNo, watch::Sender<Instant>>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiter {
    /// Waits for a wake-up since the last one that was returned here (or since the place was taken),
    /// at most until `deadline`.
    pub(crate) async fn wait(&mut self, deadline: Instant) -> WaitEnd {
        tokio::select! {
            biased;
            woken = self.woken.changed() => match woken {
                Ok(()) => WaitEnd::Woken(*self.woken.borrow_and_update()),
                // The sender stays as long as a waiter does.
                Err(_) => WaitEnd::Stopping,
            },
            () = self.stop.stopped() => WaitEnd::Stopping,
            () = sleep_until(deadline) => WaitEnd::TimedOut,
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut clients = self.waiters.lock();
        // Its own receiver is dropped only after this.
        if clients.get(&self.client_no).is_some_and(|sender| sender.receiver_count() <= 1) {
            clients.remove(&self.client_no);
        }
        drop(clients);
        metrics::poll_waits(-1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::{Refused, WaitEnd, Waiters};
    use crate::store::ClientNo;
    use std::time::Duration;
    use tokio::time::Instant;

    const ONE: ClientNo = ClientNo::for_test(1);
    const OTHER: ClientNo = ClientNo::for_test(2);

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(20)
    }

    fn later() -> Instant {
        Instant::now() + Duration::from_mins(1)
    }

    #[tokio::test]
    async fn a_wake_up_between_entering_and_waiting_is_not_lost() {
        let waiters = Waiters::new(4);
        let mut waiter = waiters.enter(ONE).unwrap();
        waiters.wake(ONE);
        assert!(matches!(waiter.wait(later()).await, WaitEnd::Woken(_)));
        assert_eq!(waiter.wait(soon()).await, WaitEnd::TimedOut);
    }

    #[tokio::test]
    async fn another_clients_wake_up_wakes_nobody() {
        let waiters = Waiters::new(4);
        let (mut one, mut other) = (waiters.enter(ONE).unwrap(), waiters.enter(OTHER).unwrap());
        waiters.wake(OTHER);
        assert_eq!(one.wait(soon()).await, WaitEnd::TimedOut);
        assert!(matches!(other.wait(later()).await, WaitEnd::Woken(_)));
        waiters.wake_all();
        assert!(matches!(one.wait(later()).await, WaitEnd::Woken(_)));
    }

    #[tokio::test]
    async fn a_place_is_given_back_and_an_empty_entry_forgotten() {
        let waiters = Waiters::new(2);
        let (one, two) = (waiters.enter(ONE).unwrap(), waiters.enter(ONE).unwrap());
        assert_eq!(waiters.enter(ONE).err(), Some(Refused::Full));
        assert!(waiters.enter(OTHER).is_ok());
        drop(one);
        let mut again = waiters.enter(ONE).unwrap();
        drop(two);
        assert_eq!(waiters.clients(), [ONE]);
        waiters.wake(ONE);
        assert!(matches!(again.wait(later()).await, WaitEnd::Woken(_)));
        drop(again);
        assert!(waiters.clients().is_empty());
    }

    #[tokio::test]
    async fn closing_ends_every_wait_and_lets_nobody_in() {
        let waiters = Waiters::new(4);
        let mut waiter = waiters.enter(ONE).unwrap();
        waiters.close();
        assert_eq!(waiter.wait(later()).await, WaitEnd::Stopping);
        assert_eq!(waiters.enter(OTHER).err(), Some(Refused::Stopping));
    }
}
