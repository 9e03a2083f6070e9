//! Readiness: what must be true before a process takes calls.

use std::time::Duration;
use tokio::sync::watch;

/// All gates of a process; ready when every one is open.
///
/// Clones share their gates.
#[derive(Clone, Debug, Default)]
pub struct Readiness {
    gates: watch::Sender<Vec<GateState>>,
}

/// One condition, closed at first.
#[derive(Clone, Debug)]
pub struct Gate {
    readiness: Readiness,
    index: usize,
}

#[derive(Debug)]
struct GateState {
    name: &'static str,
    /// Why it is closed.
    closed: Option<String>,
}

impl Readiness {
    /// Adds a condition, closed.
    #[must_use]
    pub fn gate(&self, name: &'static str) -> Gate {
        let mut index = 0;
        self.gates.send_modify(|gates| {
            index = gates.len();
            gates.push(GateState { name, closed: Some("starting".to_owned()) });
        });
        Gate { readiness: self.clone(), index }
    }

    /// The closed gates and why; empty means ready.
    #[must_use]
    pub fn closed(&self) -> Vec<(&'static str, String)> {
        let gates = self.gates.borrow();
        gates.iter().filter_map(|gate| Some((gate.name, gate.closed.clone()?))).collect()
    }

    /// Whether every gate is open.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        all_open(&self.gates.borrow())
    }

    /// Waits until every gate is open.
    pub async fn ready(&self) {
        // An error would mean that the sender is gone, which `self` holds.
        let _ = self.gates.subscribe().wait_for(|gates| all_open(gates)).await;
    }

    fn set(&self, index: usize, closed: Option<String>) {
        self.gates.send_modify(|gates| {
            if let Some(gate) = gates.get_mut(index) {
                gate.closed = closed;
            }
        });
    }
}

impl Gate {
    /// The condition holds.
    pub fn open(&self) {
        self.readiness.set(self.index, None);
    }

    /// The condition does not hold.
    pub fn close(&self, reason: impl Into<String>) {
        self.readiness.set(self.index, Some(reason.into()));
    }

    /// Opens and closes with what `holds` says, which is asked at once and then every `period`, for
    /// ever; `reason` is why it is closed.
    pub async fn follow<F>(&self, period: Duration, reason: &str, holds: impl Fn() -> F)
    where
        F: Future<Output = bool>,
    {
        let mut ticks = tokio::time::interval(period);
        loop {
            ticks.tick().await;
            if holds().await {
                self.open();
            } else {
                self.close(reason);
            }
        }
    }
}

fn all_open(gates: &[GateState]) -> bool {
    gates.iter().all(|gate| gate.closed.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_gate_is_closed() {
        let readiness = Readiness::default();
        let _gate = readiness.gate("database");
        assert_eq!(readiness.closed(), [("database", "starting".to_owned())]);
        assert!(!readiness.is_ready());
    }

    #[test]
    fn every_gate_must_be_open() {
        let readiness = Readiness::default();
        let (one, other) = (readiness.gate("one"), readiness.gate("other"));
        one.open();
        assert_eq!(readiness.closed(), [("other", "starting".to_owned())]);
        other.open();
        assert!(readiness.is_ready());
        one.close("gone");
        assert_eq!(readiness.closed(), [("one", "gone".to_owned())]);
    }

    #[tokio::test]
    async fn waiting_ends_when_the_last_gate_opens() {
        let readiness = Readiness::default();
        let (one, other) = (readiness.gate("one"), readiness.gate("other"));
        let waiting = tokio::spawn({
            let readiness = readiness.clone();
            async move { readiness.ready().await }
        });
        one.open();
        other.open();
        waiting.await.expect("the wait ends");
    }
}
