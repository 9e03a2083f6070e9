//! Wake-ups: of the polls of this process at once, of those of other processes on the same database a
//! moment later, many with one notification.

use super::Waiters;
use crate::store::{ClientNo, Store};
use database::{Notification, Notifications};
use service_kit::{Random, base62};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;

/// Tells polls that wait of new events.
#[derive(Debug)]
pub(crate) struct WakeUps {
    waiters: Arc<Waiters>,
    /// What other processes are to be told; none where there are no others.
    outbox: Option<Outbox>,
}

/// Clients with new events of which the others have not been told yet.
#[derive(Debug)]
struct Outbox {
    /// Tells this process's announcements from those of others.
    sender: String,
    clients: Mutex<HashSet<ClientNo>>,
    filled: Notify,
}

/// What an announcement says.
#[derive(Debug, PartialEq, Eq)]
enum Announced {
    /// Too many to be named.
    Everybody,
    /// These clients.
    Clients(Vec<ClientNo>),
    /// This process's own, or nothing of ours.
    Nothing,
}

impl WakeUps {
    /// Wake-ups of `waiters`, and of those of the other processes that share the database of `store`.
    pub(crate) fn new(waiters: Arc<Waiters>, store: &Store, random: &dyn Random) -> Self {
        let outbox = (!store.is_of_one_process()).then(|| Outbox {
            sender: base62(random, SENDER_LENGTH),
            clients: Mutex::default(),
            filled: Notify::new(),
        });
        Self { waiters, outbox }
    }

    /// There is something new for `client_no`, committed already.
    pub(crate) fn notify(&self, client_no: ClientNo) {
        self.waiters.wake(client_no);
        if let Some(outbox) = &self.outbox {
            outbox.put(client_no);
        }
    }

    /// Announces this process's events to the others and hears of theirs, for as long as it is polled.
    pub(crate) async fn exchange(&self, store: &Store) {
        match (&self.outbox, store.announcements()) {
            (Some(outbox), Some(announcements)) => {
                tokio::join!(outbox.send(store), self.hear(outbox, announcements, store));
            }
            _ => std::future::pending().await,
        }
    }

    async fn hear(&self, outbox: &Outbox, mut announcements: Notifications, store: &Store) {
        loop {
            match announcements.next().await {
                // Whatever was announced meanwhile was missed.
                Notification::Resumed => self.waiters.recheck(store).await,
                Notification::Sent(text) => match outbox.read(&text) {
                    Announced::Everybody => self.waiters.wake_all(),
                    Announced::Clients(clients) => {
                        for client_no in clients {
                            self.waiters.wake(client_no);
                        }
                    }
                    Announced::Nothing => {}
                },
            }
        }
    }
}

impl Outbox {
    fn put(&self, client_no: ClientNo) {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).insert(client_no);
        self.filled.notify_one();
    }

    /// One announcement after the other, none within [`PAUSE`] of the last: notifications are
    /// committed one at a time in the whole database server.
    async fn send(&self, store: &Store) {
        loop {
            self.filled.notified().await;
            if let Some(text) = self.take()
                && let Err(error) = store.announce(text).await
            {
                // The others will find out when they next look.
                tracing::debug!(%error, "new events were not announced");
            }
            sleep(PAUSE).await;
        }
    }

    fn take(&self) -> Option<String> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let clients = std::mem::take(&mut *clients);
        if clients.is_empty() {
            return None;
        }
        if clients.len() > MOST_NAMED {
            return Some(format!("{} {EVERYBODY}", self.sender));
        }
        let numbers: Vec<_> = clients.iter().map(ClientNo::to_string).collect();
        Some(format!("{} {}", self.sender, numbers.join(",")))
    }

    fn read(&self, text: &str) -> Announced {
        match text.split_once(' ') {
            Some((sender, _)) if sender == self.sender => Announced::Nothing,
            Some((_, EVERYBODY)) => Announced::Everybody,
            Some((_, numbers)) => Announced::Clients(
                numbers.split(',').filter_map(|number| number.parse().ok()).collect(),
            ),
            None => Announced::Nothing,
        }
    }
}

/// How long announcements are held back to go together.
const PAUSE: Duration = Duration::from_millis(5);
/// Clients in one announcement: ten digits and a comma each stay below PostgreSQL's 8,000 bytes.
const MOST_NAMED: usize = 700;
const EVERYBODY: &str = "*";
const SENDER_LENGTH: usize = 12;

#[cfg(test)]
mod tests {
    use super::{Announced, MOST_NAMED, Outbox};
    use crate::store::ClientNo;
    use std::sync::Mutex;
    use tokio::sync::Notify;

    fn outbox(sender: &str) -> Outbox {
        Outbox { sender: sender.to_owned(), clients: Mutex::default(), filled: Notify::new() }
    }

    fn announced(clients: impl IntoIterator<Item = i32>) -> String {
        let here = outbox("here");
        clients.into_iter().for_each(|number| here.put(ClientNo::for_test(number)));
        let text = here.take().unwrap();
        assert!(here.take().is_none());
        text
    }

    #[test]
    fn clients_are_named_once_and_read_by_others_alone() {
        let text = announced([7, 7, 7]);
        assert_eq!(outbox("there").read(&text), Announced::Clients(vec![ClientNo::for_test(7)]));
        assert_eq!(outbox("here").read(&text), Announced::Nothing);
    }

    #[test]
    fn as_many_as_fit_are_named_and_one_more_means_everybody() {
        let most = i32::MAX - i32::try_from(MOST_NAMED).unwrap();
        let text = announced(most + 1..=i32::MAX);
        assert!(text.len() < 8000 && !text.contains('*'), "{}", text.len());
        assert_eq!(outbox("there").read(&announced(most..=i32::MAX)), Announced::Everybody);
    }

    #[test]
    fn what_is_nothing_of_ours_is_passed_over() {
        let here = outbox("here");
        for text in ["", "x", "there", "there ", "there x,,-"] {
            let read = here.read(text);
            assert!(matches!(read, Announced::Nothing | Announced::Clients(_)), "{text}");
            assert_ne!(read, Announced::Clients(vec![ClientNo::for_test(0)]), "{text}");
        }
    }
}
