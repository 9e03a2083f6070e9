//! Readiness: what must be true before a process takes calls.

use std::sync::Arc;

/// All gates of a process; ready when every one is open.
#[derive(Clone, Debug, Default)]
pub struct Readiness {
    gates: Arc<std::sync::Mutex<Vec<(&'static str, Option<String>)>>>,
}

/// One condition, closed at first.
#[derive(Clone, Debug)]
pub struct Gate {
    readiness: Readiness,
    index: usize,
}

impl Readiness {
    /// Adds a condition, closed.
    #[must_use]
    pub fn gate(&self, name: &'static str) -> Gate {
        let mut gates = self.lock();
        gates.push((name, Some("starting".to_owned())));
        Gate { readiness: self.clone(), index: gates.len() - 1 }
    }

    /// The closed gates and why; empty means ready.
    #[must_use]
    pub fn closed(&self) -> Vec<(&'static str, String)> {
        self.lock()
            .iter()
            .filter_map(|(name, reason)| reason.clone().map(|reason| (*name, reason)))
            .collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(&'static str, Option<String>)>> {
        self.gates.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Gate {
    /// The condition holds.
    pub fn open(&self) {
        self.readiness.lock()[self.index].1 = None;
    }

    /// The condition does not hold.
    pub fn close(&self, reason: impl Into<String>) {
        self.readiness.lock()[self.index].1 = Some(reason.into());
    }
}
