//! Faults under load: nothing answered 2xx is lost, nothing acknowledged comes back.
//!
//! Each round is a few seconds; `LOMBARD_FAULT_ROUNDS` runs more of them than the checks do.

mod database_restart;
mod disk;
mod flushes;
mod tracer;

use crate::harness::{History, Installation, Storage, Tpp, load};
use std::sync::Arc;
use test_kit::PostgresServer;
use tracer::Tracer;

/// An installation with a TPP, and the account of what it was told.
struct Scene {
    installation: Installation,
    tpp: Tpp,
    history: Arc<History>,
}

impl Scene {
    async fn start(storage: Storage) -> Self {
        Self::of(Installation::start(storage)).await
    }

    async fn on_server(server: &PostgresServer) -> Self {
        Self::of(Installation::start_on_server(server)).await
    }

    async fn of(installation: Installation) -> Self {
        let mut tpp = installation.tpp("acme");
        tpp.authorize(&installation).await;
        Self { installation, tpp, history: Arc::default() }
    }

    fn load(&self) -> load::Load {
        load::start(&self.installation, &self.tpp, &self.history)
    }

    /// Takes everything and looks whether something is missing or back.
    async fn check_nothing_lost(&mut self) {
        self.tpp.authorize(&self.installation).await;
        self.history.check_nothing_lost(&self.tpp.drain().await);
    }
}

/// How many rounds, where the environment does not say.
#[expect(clippy::disallowed_methods, reason = "a test may be told to take longer")]
fn rounds(default: u32) -> u32 {
    let asked = std::env::var("LOMBARD_FAULT_ROUNDS").ok();
    asked.and_then(|rounds| rounds.parse().ok()).unwrap_or(default)
}
