//! `lombard bench token`: what a token costs, and how much of it is the arithmetic of its signatures.

mod arithmetic;
mod client;
mod report;
mod subject;

pub use client::Client;
pub use report::Report;

use super::versions::Versions;
use super::{BenchError, Figure};
use crate::context::Context;
use arithmetic::Arithmetic;
use jose::Algorithm;
use report::Settings;
use subject::{Round, Subject};

/// What to measure, and how much of it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The algorithms.
    pub algorithms: Algorithms,
    /// Connections that ask for tokens at the same time.
    pub connections: u32,
    /// Tokens of a round over connections that stay; other measurements take a part of it.
    pub requests: u32,
    /// Rounds.
    pub rounds: u32,
    /// A PostgreSQL database, to be measured beside SQLite.
    pub postgres: Option<String>,
}

/// What signs on each side.
#[derive(Clone, Copy, Debug)]
pub struct Algorithms {
    /// The client's assertion.
    pub assertion: Algorithm,
    /// The access token.
    pub token: Algorithm,
}

/// Starts the servers, measures round by round, stops the servers. `progress` hears of each round.
pub async fn run(
    plan: &Plan,
    context: &Context,
    mut progress: impl FnMut(u32),
) -> Result<Report, BenchError> {
    let mut subjects = vec![Subject::start("sqlite", None, plan, context).await?];
    if let Some(url) = &plan.postgres {
        subjects.push(Subject::start("postgres", Some(url), plan, context).await?);
    }
    let arithmetic = Arithmetic::new(plan.algorithms)?;
    // Fills caches, opens database connections and lets the CPU find its speed.
    for subject in &subjects {
        subject.round(&plan.part(4)).await?;
    }
    let mut micros = Vec::new();
    let mut rounds: Vec<Vec<Round>> = subjects.iter().map(|_| Vec::new()).collect();
    for round in 1..=plan.rounds {
        progress(round);
        micros.push(arithmetic.micros(plan.requests.div_ceil(8)).await?);
        for (subject, rounds) in subjects.iter().zip(&mut rounds) {
            rounds.push(subject.round(plan).await?);
        }
    }
    let arithmetic = Figure::of(micros);
    Ok(Report {
        benchmark: "token",
        versions: Versions::current(),
        settings: Settings::of(plan),
        servers: subjects
            .iter()
            .zip(&rounds)
            .map(|(subject, rounds)| report::ServerFigures::of(subject.name(), rounds, &arithmetic))
            .collect(),
        arithmetic_us: arithmetic,
    })
}

impl Plan {
    /// The same with fewer requests: one in `share`.
    fn part(&self, share: u32) -> Self {
        Self { requests: self.requests.div_ceil(share), ..self.clone() }
    }
}

impl Algorithms {
    /// The toolkit's: assertions with PS256, tokens with RS256, keys of 2048 bits.
    pub const RSA: Self = Self { assertion: Algorithm::Ps256, token: Algorithm::Rs256 };
    /// ES256 on both sides.
    pub const ECDSA: Self = Self { assertion: Algorithm::Es256, token: Algorithm::Es256 };
}
