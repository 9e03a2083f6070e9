//! Doing units of work: one alone, or several in one transaction.

use crate::DatabaseError;
use crate::jitter;
use crate::session::{Session, Trouble};
use crate::transaction::{self, CommitError, Purpose};
use crate::unit::Unit;
use metrics::{Histogram, Label, histogram};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Whether a session may be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// It is idle and works.
    Sound,
    /// Close it: the connection is gone, or SQLite met an I/O error or a full disk on it.
    Suspect,
}

/// Where and how long units are run, for metrics and limits.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// The database's name in logs.
    pub(crate) database: String,
    /// The longest one statement may take.
    pub(crate) statement_timeout: Duration,
    /// Its metrics.
    pub(crate) meters: Meters,
}

/// Metrics of one database. Looked up once: a lookup costs more than a record.
#[derive(Clone, Debug)]
pub(crate) struct Meters {
    /// How long units waited for a connection or for the writer.
    pub(crate) wait_seconds: Histogram,
    commit_seconds: Histogram,
    batch_units: Histogram,
}

impl Meters {
    /// The metrics labelled with `database`.
    pub(crate) fn new(database: &str) -> Self {
        let labels = [Label::new("database", database.to_owned())];
        Self {
            wait_seconds: histogram!("lombard_database_wait_seconds", labels.iter()),
            commit_seconds: histogram!("lombard_database_commit_seconds", labels.iter()),
            batch_units: histogram!("lombard_database_batch_units", labels.iter()),
        }
    }
}

/// Runs `unit` in the transaction that `session` has begun, and reads only.
pub(crate) fn read(session: &mut Session, mut unit: Box<dyn Unit>) -> Health {
    unit.run(&mut session.connection);
    if transaction::roll_back_to(&mut session.connection, 0).is_ok() {
        unit.answer();
        return Health::Sound;
    }
    unit.fail(lost());
    Health::Suspect
}

/// Runs `unit` alone in the transaction that `session` has begun, commits, and answers. After a
/// deadlock or a serialization failure it runs again.
pub(crate) fn run_alone(session: &mut Session, unit: Box<dyn Unit>, account: &Account) -> Health {
    let mut unit = unit;
    for last in [false, false, true] {
        session.take_trouble();
        match attempt(session, unit, account, last) {
            Attempt::Answered(health) => return health,
            Attempt::Again(same) => unit = same,
        }
        // Lets the other side of a deadlock take what it waits for.
        std::thread::sleep(jitter::up_to(AFTER_CONFLICT));
        if let Err(error) = transaction::begin(&mut session.connection, Purpose::Write) {
            unit.fail(error.into());
            return Health::Suspect;
        }
    }
    // Not reached: the last attempt always answers.
    unit.fail(lost());
    Health::Suspect
}

/// Runs the units of `queue` until it is empty or the batch has lasted long enough, in the
/// transaction that `session` has begun; commits once; then answers them all.
///
/// Nearly always all succeed, and a savepoint costs as much as a short unit. Only after one has
/// failed does everything run again with a savepoint for each.
pub(crate) fn run_together(
    session: &mut Session,
    queue: &mut VecDeque<Box<dyn Unit>>,
    account: &Account,
) -> Health {
    let started = Instant::now();
    let mut batch = Batch::default();
    while let Some(mut unit) = next(queue, started) {
        let succeeded = leaves_nothing_to_undo(session, &mut *unit);
        batch.done.push(unit);
        if !succeeded {
            return begin_anew(session, batch, queue, account);
        }
    }
    batch.finish(session, account)
}

fn begin_anew(
    session: &mut Session,
    undone: Batch,
    queue: &mut VecDeque<Box<dyn Unit>>,
    account: &Account,
) -> Health {
    let connection = &mut session.connection;
    let begun = transaction::roll_back_to(connection, 0)
        .and_then(|()| transaction::begin(connection, Purpose::Write));
    if begun.is_err() {
        undone.refuse("the transaction was lost");
        return Health::Suspect;
    }
    undone.done.into_iter().rev().for_each(|unit| queue.push_front(unit));
    run_in_savepoints(session, queue, account)
}

/// As [`run_together`], each unit in a savepoint.
fn run_in_savepoints(
    session: &mut Session,
    queue: &mut VecDeque<Box<dyn Unit>>,
    account: &Account,
) -> Health {
    let started = Instant::now();
    let mut batch = Batch::default();
    while let Some(mut unit) = next(queue, started) {
        match in_savepoint(session, &mut *unit, account) {
            Kept::Done => batch.done.push(unit),
            Kept::RunAgain => batch.again.push(unit),
            Kept::TransactionLost => {
                batch.again.push(unit);
                batch.refuse("the transaction was lost");
                return Health::Suspect;
            }
        }
    }
    batch.finish(session, account)
}

/// The next unit of a batch that began at `started`, if somebody still waits for one.
fn next(queue: &mut VecDeque<Box<dyn Unit>>, started: Instant) -> Option<Box<dyn Unit>> {
    if started.elapsed() > LONGEST_BATCH {
        return None;
    }
    std::iter::from_fn(|| queue.pop_front()).find(|unit| !unit.is_abandoned())
}

enum Attempt {
    Answered(Health),
    Again(Box<dyn Unit>),
}

fn attempt(
    session: &mut Session,
    mut unit: Box<dyn Unit>,
    account: &Account,
    last: bool,
) -> Attempt {
    let succeeded = unit.run(&mut session.connection);
    let balanced = transaction::open_transactions(&mut session.connection) == Ok(1);
    if succeeded && balanced {
        return commit_alone(session, unit, account, last);
    }
    let conflict = session.take_trouble() == Trouble::Conflict;
    if transaction::roll_back_to(&mut session.connection, 0).is_err() || succeeded {
        unit.fail(lost());
        return Attempt::Answered(Health::Suspect);
    }
    if conflict && !last {
        return Attempt::Again(unit);
    }
    unit.answer();
    Attempt::Answered(Health::Sound)
}

fn commit_alone(
    session: &mut Session,
    unit: Box<dyn Unit>,
    account: &Account,
    last: bool,
) -> Attempt {
    match timed_commit(session, 1, account) {
        Ok(()) => {
            unit.answer();
            Attempt::Answered(Health::Sound)
        }
        Err(CommitError::RolledBack(_)) if !last && session.take_trouble() == Trouble::Conflict => {
            Attempt::Again(unit)
        }
        Err(CommitError::RolledBack(error)) => {
            unit.fail(error.into());
            Attempt::Answered(Health::Sound)
        }
        Err(CommitError::Unknown(error)) => {
            tracing::error!(%error, database = account.database, "a commit failed");
            unit.fail(DatabaseError::Unavailable(format!("the commit failed: {error}")));
            Attempt::Answered(Health::Suspect)
        }
    }
}

/// Runs `unit` without a savepoint; false where it failed, left a transaction open, or hid a failure
/// that may have cost the whole transaction.
fn leaves_nothing_to_undo(session: &mut Session, unit: &mut dyn Unit) -> bool {
    session.take_trouble();
    unit.run(&mut session.connection)
        && transaction::open_transactions(&mut session.connection) == Ok(1)
        && session.take_trouble() == Trouble::None
}

enum Kept {
    /// It succeeded, or failed in its own right and left nothing.
    Done,
    /// It failed and left nothing, but might not fail alone.
    RunAgain,
    /// Nothing of the batch is left.
    TransactionLost,
}

fn in_savepoint(session: &mut Session, unit: &mut dyn Unit, account: &Account) -> Kept {
    session.take_trouble();
    let started = Instant::now();
    let connection = &mut session.connection;
    if transaction::savepoint(connection).is_err() {
        return Kept::TransactionLost;
    }
    let succeeded = unit.run(connection);
    // A unit may have left a nested transaction open, by a panic; that is not released.
    if succeeded
        && transaction::open_transactions(connection) == Ok(2)
        && transaction::release(connection).is_ok()
    {
        return Kept::Done;
    }
    if transaction::roll_back_to(connection, 1).is_err() {
        return Kept::TransactionLost;
    }
    // A statement that ran into its time limit would do so again.
    let worthwhile = started.elapsed() < account.statement_timeout;
    if succeeded || (session.take_trouble() >= Trouble::Unclear && worthwhile) {
        Kept::RunAgain
    } else {
        Kept::Done
    }
}

#[derive(Default)]
struct Batch {
    done: Vec<Box<dyn Unit>>,
    again: Vec<Box<dyn Unit>>,
}

impl Batch {
    fn finish(mut self, session: &mut Session, account: &Account) -> Health {
        match timed_commit(session, self.done.len(), account) {
            Ok(()) => self.done.drain(..).for_each(Unit::answer),
            // One unit's deferred constraint, or a conflict, is no reason to fail the others.
            Err(CommitError::RolledBack(error)) => {
                tracing::debug!(%error, "a batch was rolled back; its units run again, alone");
                let failed_alone = std::mem::take(&mut self.again);
                self.again = std::mem::take(&mut self.done);
                self.again.extend(failed_alone);
            }
            Err(CommitError::Unknown(error)) => {
                tracing::error!(%error, database = account.database, "a commit failed");
                self.refuse(&format!("the commit failed: {error}"));
                return Health::Suspect;
            }
        }
        self.run_again(session, account)
    }

    fn run_again(self, session: &mut Session, account: &Account) -> Health {
        let mut health = Health::Sound;
        for unit in self.again {
            if health == Health::Suspect {
                unit.fail(lost());
                continue;
            }
            health = match transaction::begin(&mut session.connection, Purpose::Write) {
                Ok(()) => run_alone(session, unit, account),
                Err(error) => {
                    unit.fail(error.into());
                    Health::Suspect
                }
            };
        }
        health
    }

    fn refuse(self, reason: &str) {
        for unit in self.done.into_iter().chain(self.again) {
            unit.fail(DatabaseError::Unavailable(reason.to_owned()));
        }
    }
}

fn timed_commit(session: &mut Session, units: usize, account: &Account) -> Result<(), CommitError> {
    let started = Instant::now();
    let committed = transaction::commit(&mut session.connection);
    account.meters.commit_seconds.record(started.elapsed());
    #[expect(clippy::cast_precision_loss, reason = "a batch is far smaller than 2^52 units")]
    account.meters.batch_units.record(units as f64);
    committed
}

/// The connection broke, the disk is full or failed, or a unit ended the transaction itself.
fn lost() -> DatabaseError {
    DatabaseError::Unavailable("the transaction was lost".to_owned())
}

/// A unit that comes while a batch runs waits for its commit: bounded, so that one slow batch does
/// not grow for ever.
const LONGEST_BATCH: Duration = Duration::from_millis(50);
const AFTER_CONFLICT: Duration = Duration::from_millis(20);
