//! `lombard bench token`.

use crate::bench::token::{self, Algorithms, Plan};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use crate::process::Signals;
use clap::Args;

/// `lombard bench token`.
#[derive(Args, Debug)]
pub struct Token {
    /// ES256 on both sides instead of PS256 assertions and RS256 tokens
    #[arg(long)]
    es256: bool,
    /// Connections that ask for tokens at the same time
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1000))]
    connections: u32,
    /// Tokens of a round over connections that stay
    #[arg(long, default_value_t = 4000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    requests: u32,
    /// Rounds, in which everything is measured in turns
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// An empty PostgreSQL database to measure beside SQLite
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    #[command(flatten)]
    output: Output,
}

impl Token {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let plan = Plan {
            algorithms: if self.es256 { Algorithms::ECDSA } else { Algorithms::RSA },
            connections: self.connections,
            requests: self.requests,
            rounds: self.rounds,
            postgres: self.database_url,
        };
        let progress = |round| eprintln!("round {round} of {}", plan.rounds);
        let mut signals = Signals::listen()?;
        let report = tokio::select! {
            report = token::run(&plan, context, progress) => report?,
            // The server under test goes with the run.
            () = signals.next() => return Err(Failure::Interrupted),
        };
        Ok(self.output.print(&report, || report.lines())?)
    }
}
