//! A unit of work that waits to be done, and its caller.

use crate::{AnyConnection, DatabaseError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// A unit of work of any result type: a trait only because each caller's types differ.
pub(crate) trait Unit: Send {
    /// Runs the work and keeps its result; whether it succeeded.
    fn run(&mut self, connection: &mut AnyConnection) -> bool;

    /// Sends the kept result.
    fn answer(self: Box<Self>);

    /// Sends `error` instead of what the work returned.
    fn fail(self: Box<Self>, error: DatabaseError);

    /// Whether the caller has gone, so that the work need not begin.
    fn is_abandoned(&self) -> bool;

    /// How long it has waited.
    fn waited(&self) -> Duration;
}

/// Makes a unit and the place where its result arrives.
pub(crate) fn unit<T, E>(
    work: impl FnMut(&mut AnyConnection) -> Result<T, E> + Send + 'static,
) -> (Box<dyn Unit>, oneshot::Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: From<DatabaseError> + Send + 'static,
{
    let (caller, result) = oneshot::channel();
    (Box::new(Waiting { work, result: None, caller, since: Instant::now() }), result)
}

struct Waiting<W, T, E> {
    work: W,
    result: Option<Result<T, E>>,
    caller: oneshot::Sender<Result<T, E>>,
    since: Instant,
}

impl<W, T, E> Unit for Waiting<W, T, E>
where
    W: FnMut(&mut AnyConnection) -> Result<T, E> + Send,
    T: Send,
    E: From<DatabaseError> + Send,
{
    fn run(&mut self, connection: &mut AnyConnection) -> bool {
        // What the work may have left half done is its own captured values, which it is not given
        // again after a panic, and the transaction, which is rolled back.
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(connection)))
            .unwrap_or_else(|_| Err(DatabaseError::Panicked.into()));
        self.result.insert(result).is_ok()
    }

    fn answer(self: Box<Self>) {
        if let Some(result) = self.result {
            // The caller may have gone meanwhile; its work is done all the same.
            let _ = self.caller.send(result);
        }
    }

    fn fail(self: Box<Self>, error: DatabaseError) {
        let _ = self.caller.send(Err(error.into()));
    }

    fn is_abandoned(&self) -> bool {
        self.caller.is_closed()
    }

    fn waited(&self) -> Duration {
        self.since.elapsed()
    }
}
