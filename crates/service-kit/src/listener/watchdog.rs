//! One timer for several deadlines of a task.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::time::{Instant, Sleep};

/// Wakes its task no later than the earliest deadline it was asked about. Deadlines that only ever
/// move further away cost no timer operation until the timer fires.
pub(super) struct Watchdog {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Watchdog {
    pub(super) fn new() -> Self {
        Self { sleep: None }
    }

    /// Whether `deadline` has passed; if not, the task is woken when it does, or earlier.
    pub(super) fn is_past(&mut self, deadline: Instant, cx: &mut Context<'_>) -> bool {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if sleep.deadline() > deadline {
            sleep.as_mut().reset(deadline);
        }
        while let Poll::Ready(()) = sleep.as_mut().poll(cx) {
            if Instant::now() >= deadline {
                return true;
            }
            sleep.as_mut().reset(deadline);
        }
        false
    }
}
