//! What the load was told: the only truth a client has.

use std::collections::BTreeSet;
use std::sync::Mutex;
use tokio::sync::watch;

/// Creates and acknowledgements by outcome. A request without an answer is neither done nor undone.
#[derive(Debug, Default)]
pub struct History {
    outcomes: Mutex<Outcomes>,
    progress: watch::Sender<Progress>,
}

/// What was answered in this round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Events created.
    pub creates: usize,
    /// Events acknowledged.
    pub acknowledgements: usize,
}

#[derive(Clone, Debug, Default)]
struct Outcomes {
    created: BTreeSet<String>,
    acknowledged: BTreeSet<String>,
    possibly_acknowledged: BTreeSet<String>,
}

impl History {
    /// An event was answered 201.
    pub fn create_answered(&self, jti: String) {
        self.update(|outcomes| outcomes.created.insert(jti));
        self.progress.send_modify(|progress| progress.creates += 1);
    }

    /// A poll that acknowledged `jtis` was answered 200.
    pub fn acknowledge_answered(&self, jtis: Vec<String>) {
        let count = jtis.len();
        self.update(|outcomes| outcomes.acknowledged.extend(jtis));
        self.progress.send_modify(|progress| progress.acknowledgements += count);
    }

    /// A poll that acknowledged `jtis` was not answered.
    pub fn acknowledge_unanswered(&self, jtis: Vec<String>) {
        self.update(|outcomes| outcomes.possibly_acknowledged.extend(jtis));
    }

    /// Waits until this round has come at least as far.
    pub async fn await_progress(&self, wanted: Progress) {
        let mut progress = self.progress.subscribe();
        let reached = |now: &Progress| {
            now.creates >= wanted.creates && now.acknowledgements >= wanted.acknowledgements
        };
        progress.wait_for(reached).await.expect("the history is alive");
    }

    /// Counts from zero again.
    pub fn next_round(&self) {
        self.progress.send_replace(Progress::default());
    }

    /// The events answered 201.
    pub fn created(&self) -> BTreeSet<String> {
        self.read().created
    }

    /// The events whose acknowledgement was answered 200.
    pub fn acknowledged(&self) -> BTreeSet<String> {
        self.read().acknowledged
    }

    /// Every event answered 201 is open until it is acknowledged, an acknowledged one never again;
    /// `drained` is what came back when everything was taken at the end.
    pub fn check_nothing_lost(&self, drained: &[String]) {
        let returned: BTreeSet<&String> = drained.iter().collect();
        assert_eq!(
            returned.len(),
            drained.len(),
            "an acknowledged event was returned again while draining"
        );
        let Outcomes { created, acknowledged, possibly_acknowledged } = self.read();
        assert!(!created.is_empty(), "the load created nothing");
        assert!(!acknowledged.is_empty(), "the load acknowledged nothing");
        for jti in &created {
            assert!(
                returned.contains(jti)
                    || acknowledged.contains(jti)
                    || possibly_acknowledged.contains(jti),
                "{jti} was answered 201 and is lost"
            );
        }
        for jti in &acknowledged {
            assert!(!returned.contains(jti), "{jti} was acknowledged and is returned again");
        }
    }

    fn read(&self) -> Outcomes {
        self.outcomes.lock().expect("no task panics while it writes").clone()
    }

    fn update<T>(&self, change: impl FnOnce(&mut Outcomes) -> T) {
        change(&mut self.outcomes.lock().expect("no task panics while it writes"));
    }
}
