//! Connections, how they are made and kept.

use crate::transaction::{self, Purpose};
use crate::{AnyConnection, Backend, DatabaseError, DatabaseOptions, DatabaseUrl};
use crate::{jitter, postgres, sqlite};
use diesel::connection::{Connection, InstrumentationEvent};
use diesel::result::{DatabaseErrorKind, Error};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One connection and the worst that went wrong on it lately.
pub(crate) struct Session {
    pub(crate) connection: AnyConnection,
    trouble: Arc<AtomicU8>,
    opened: Instant,
}

/// What a failed statement says about running its unit of work once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    /// Nothing failed, or only in a way that would repeat itself, like a constraint.
    None,
    /// Something failed that may have come from sharing a transaction with others.
    Unclear,
    /// A deadlock or serialization failure: the unit is asked to try again.
    Conflict,
}

impl Session {
    fn new(mut connection: AnyConnection) -> Self {
        let trouble = Arc::new(AtomicU8::new(0));
        let seen = Arc::clone(&trouble);
        // A unit of work returns its own error type; only here do we see what the database said.
        connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::FinishQuery { error: Some(error), .. } = event {
                seen.fetch_max(Trouble::of(error) as u8, Ordering::Relaxed);
            }
        });
        Self { connection, trouble, opened: Instant::now() }
    }

    /// The worst since the last call.
    pub(crate) fn take_trouble(&self) -> Trouble {
        match self.trouble.swap(0, Ordering::Relaxed) {
            0 => Trouble::None,
            1 => Trouble::Unclear,
            _ => Trouble::Conflict,
        }
    }
}

impl Trouble {
    fn of(error: &Error) -> Self {
        match error {
            Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => Self::Conflict,
            Error::DatabaseError(DatabaseErrorKind::Unknown, info)
                if info.message().contains("deadlock detected") =>
            {
                Self::Conflict
            }
            Error::DatabaseError(DatabaseErrorKind::Unknown, _) => Self::Unclear,
            _ => Self::None,
        }
    }
}

/// Idle connections for one purpose; makes a new one when none is idle.
///
/// It does not bound their number: the reader and pool side enters through a semaphore of that
/// size, a writer thread uses one at a time. Connections are made on demand by whoever needs one,
/// so an absent database is reported at once and its return is not met by a storm.
pub(crate) struct Sessions {
    url: DatabaseUrl,
    options: DatabaseOptions,
    purpose: Purpose,
    idle: Mutex<Vec<Session>>,
    retry: Mutex<Retry>,
}

/// When the next connection may be tried after failed ones.
#[derive(Default)]
struct Retry {
    failures: u32,
    not_before: Option<Instant>,
    reason: String,
}

impl Sessions {
    pub(crate) fn new(url: &DatabaseUrl, options: DatabaseOptions, purpose: Purpose) -> Self {
        Self { url: url.clone(), options, purpose, idle: Mutex::default(), retry: Mutex::default() }
    }

    /// A session in a fresh transaction. A kept connection may have died unnoticed, which its BEGIN
    /// shows; nothing was done yet, so the next one is tried until a new one fails as well.
    pub(crate) fn begin(&self) -> Result<Session, DatabaseError> {
        while let Some(mut session) = self.pop() {
            match transaction::begin(&mut session.connection, self.purpose) {
                Ok(()) => return Ok(session),
                Err(error) if transaction::is_idle(&mut session.connection) => {
                    self.give_back(session);
                    return Err(error.into());
                }
                Err(error) => {
                    tracing::debug!(database = %self.url, %error, "dropped a dead connection");
                }
            }
        }
        let mut session = self.connect()?;
        transaction::begin(&mut session.connection, self.purpose)?;
        Ok(session)
    }

    /// Keeps a session for the next unit of work, if it is sound and not old.
    pub(crate) fn give_back(&self, mut session: Session) {
        session.take_trouble();
        if session.opened.elapsed() < MAX_AGE && transaction::is_idle(&mut session.connection) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        }
    }

    /// A new connection, unless the last attempt failed a moment ago.
    pub(crate) fn connect(&self) -> Result<Session, DatabaseError> {
        self.check_retry()?;
        let made = connect(&self.url, &self.options, self.purpose);
        let mut retry = self.retry.lock().unwrap_or_else(PoisonError::into_inner);
        match made {
            Ok(connection) => {
                *retry = Retry::default();
                Ok(Session::new(connection))
            }
            Err(reason) => {
                retry.note_failure(&reason);
                tracing::warn!(database = %self.url, reason, "cannot connect to the database");
                Err(DatabaseError::Unavailable(reason))
            }
        }
    }

    fn pop(&self) -> Option<Session> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn check_retry(&self) -> Result<(), DatabaseError> {
        let retry = self.retry.lock().unwrap_or_else(PoisonError::into_inner);
        match retry.not_before {
            Some(at) if Instant::now() < at => {
                Err(DatabaseError::Unavailable(retry.reason.clone()))
            }
            _ => Ok(()),
        }
    }
}

impl Retry {
    fn note_failure(&mut self, reason: &str) {
        self.failures += 1;
        self.not_before = Some(Instant::now() + jitter::pause_after(self.failures));
        reason.clone_into(&mut self.reason);
    }
}

/// Connects by the scheme of `url` and nothing else.
pub(crate) fn connect(
    url: &DatabaseUrl,
    options: &DatabaseOptions,
    purpose: Purpose,
) -> Result<AnyConnection, String> {
    match url.backend() {
        Backend::Postgres => postgres::connect(url, options).map(AnyConnection::Postgres),
        Backend::Sqlite => sqlite::connect(url, options, purpose).map(AnyConnection::Sqlite),
    }
}

/// Connections are renewed so that a change of address or of server behind a name is followed.
const MAX_AGE: Duration = Duration::from_mins(30);
