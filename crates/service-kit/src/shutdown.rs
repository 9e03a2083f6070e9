//! Stopping: readiness turns false first, waiting calls are answered, then a hard deadline.

use tokio::sync::watch;

/// The owner's end: stops everything that holds a [`StopSignal`].
#[derive(Debug)]
pub struct Shutdown {
    sender: watch::Sender<bool>,
}

/// A service's end: tells when to stop.
#[derive(Clone, Debug)]
pub struct StopSignal {
    receiver: watch::Receiver<bool>,
}

impl Shutdown {
    /// Nothing is stopping yet.
    #[must_use]
    pub fn new() -> Self {
        Self { sender: watch::Sender::new(false) }
    }

    /// A signal to hand out.
    #[must_use]
    pub fn signal(&self) -> StopSignal {
        StopSignal { receiver: self.sender.subscribe() }
    }

    /// Stops.
    pub fn trigger(&self) {
        self.sender.send_replace(true);
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl StopSignal {
    /// Whether stopping has begun, or the owner is gone.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        *self.receiver.borrow() || self.receiver.has_changed().is_err()
    }

    /// Waits until stopping begins; at once when the owner is gone.
    pub async fn stopped(&mut self) {
        // An error means that the owner was dropped, which stops as well.
        let _ = self.receiver.wait_for(|stopping| *stopping).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_signal_sees_the_stop() {
        let shutdown = Shutdown::new();
        let (mut early, waiting) = (shutdown.signal(), shutdown.signal());
        assert!(!early.is_stopping());
        let waiting = tokio::spawn({
            let mut waiting = waiting;
            async move { waiting.stopped().await }
        });
        shutdown.trigger();
        waiting.await.expect("the wait ends");
        early.stopped().await;
        assert!(early.is_stopping() && shutdown.signal().is_stopping());
    }

    #[tokio::test]
    async fn an_owner_that_is_gone_stops_as_well() {
        let shutdown = Shutdown::new();
        let mut signal = shutdown.signal();
        drop(shutdown);
        signal.stopped().await;
        assert!(signal.is_stopping());
    }
}
