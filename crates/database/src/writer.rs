//! The threads that run waiting units of work together.

use crate::batch::{self, Account, Health};
use crate::session::Sessions;
use crate::unit::Unit;
use crate::{DatabaseError, DatabaseOptions};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;

/// A bounded queue of units of work and the threads that empty it; they end with the last clone.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Box<dyn Unit>>,
}

impl Writer {
    /// Starts `threads` writers: one on SQLite, which has one writer anyway.
    pub(crate) fn start(
        sessions: &Arc<Sessions>,
        options: &DatabaseOptions,
        account: &Account,
        threads: usize,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel(LONGEST_QUEUE);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..threads {
            let worker = Worker {
                sessions: Arc::clone(sessions),
                longest_wait: options.acquire_timeout,
                account: account.clone(),
            };
            let receiver = Arc::clone(&receiver);
            std::thread::Builder::new()
                .name(format!("write-{}", account.database))
                .spawn(move || worker.run(&receiver))?;
        }
        Ok(Self { queue: sender })
    }

    /// Queues `unit`; a full queue refuses it at once rather than growing.
    pub(crate) fn submit(&self, unit: Box<dyn Unit>) {
        if let Err(refused) = self.queue.try_send(unit) {
            refused.into_inner().fail(unavailable("too much work is waiting for the writer"));
        }
    }
}

struct Worker {
    sessions: Arc<Sessions>,
    longest_wait: Duration,
    account: Account,
}

impl Worker {
    fn run(&self, receiver: &Mutex<mpsc::Receiver<Box<dyn Unit>>>) {
        let mut arrived = Vec::with_capacity(LARGEST_BATCH);
        loop {
            {
                let mut receiver = receiver.lock().unwrap_or_else(PoisonError::into_inner);
                if !collect(&mut receiver, &mut arrived) {
                    return;
                }
            }
            let mut waiting = self.admit(arrived.drain(..));
            while !waiting.is_empty() {
                self.run_batch(&mut waiting);
            }
        }
    }

    /// Leaves out those whose callers have gone or have waited too long.
    fn admit(&self, arrived: impl Iterator<Item = Box<dyn Unit>>) -> VecDeque<Box<dyn Unit>> {
        let mut admitted = VecDeque::new();
        for unit in arrived {
            self.account.meters.wait_seconds.record(unit.waited());
            if unit.waited() > self.longest_wait {
                unit.fail(unavailable("the writer was busy for too long"));
            } else if !unit.is_abandoned() {
                admitted.push_back(unit);
            }
        }
        admitted
    }

    fn run_batch(&self, waiting: &mut VecDeque<Box<dyn Unit>>) {
        let mut session = match self.sessions.begin() {
            Ok(session) => session,
            Err(error) => {
                let reason = error.to_string();
                waiting.drain(..).for_each(|unit| unit.fail(unavailable(&reason)));
                return;
            }
        };
        let health = if waiting.len() == 1 {
            waiting
                .pop_front()
                .map_or(Health::Suspect, |unit| batch::run_alone(&mut session, unit, &self.account))
        } else {
            batch::run_together(&mut session, waiting, &self.account)
        };
        if health == Health::Sound {
            self.sessions.give_back(session);
        }
    }
}

/// Waits for units and takes what is there; false when no more will come.
///
/// The first unit wakes this thread, on a busy machine at the cost of those that are about to submit
/// the next: they get their turn before the batch is closed. It costs nothing on an idle machine.
fn collect(receiver: &mut mpsc::Receiver<Box<dyn Unit>>, arrived: &mut Vec<Box<dyn Unit>>) -> bool {
    if receiver.blocking_recv_many(arrived, LARGEST_BATCH) == 0 {
        return false;
    }
    std::thread::yield_now();
    while arrived.len() < LARGEST_BATCH
        && let Ok(unit) = receiver.try_recv()
    {
        arrived.push(unit);
    }
    true
}

fn unavailable(reason: &str) -> DatabaseError {
    DatabaseError::Unavailable(reason.to_owned())
}

/// Units that share one commit at most.
const LARGEST_BATCH: usize = 256;
/// Units that wait at most; one more is refused.
const LONGEST_QUEUE: usize = 4096;
