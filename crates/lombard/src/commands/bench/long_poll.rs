//! `lombard bench long-poll`.

use crate::bench::long_poll::{self, Plan};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use crate::process::Signals;
use clap::Args;
use std::time::Duration;

/// `lombard bench long-poll`.
#[derive(Args, Debug)]
pub struct LongPoll {
    /// Polls that wait
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..=9000))]
    waiters: u32,
    /// Waiting polls of each client
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=100))]
    per_client: u32,
    /// Seconds that a poll waits at most
    #[arg(long, default_value_t = 55, value_parser = clap::value_parser!(u32).range(1..=55))]
    max_wait: u32,
    /// Events created while they wait
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    events: u32,
    /// Seconds for which the CPU time of waiting is taken
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    window: u64,
    /// Let the polls come through a gateway, and measure that as well
    #[arg(long)]
    through_gateway: bool,
    /// An empty PostgreSQL database, on which a second event service creates events too
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    #[command(flatten)]
    output: Output,
}

impl LongPoll {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let plan = Plan {
            waiters: self.waiters,
            waiters_per_client: self.per_client.min(self.waiters),
            max_wait: self.max_wait,
            events: self.events,
            window: Duration::from_secs(self.window),
            through_gateway: self.through_gateway,
            postgres: self.database_url,
        };
        let progress = |step: &str| eprintln!("{step}");
        let mut signals = Signals::listen()?;
        let report = tokio::select! {
            report = long_poll::run(&plan, context, progress) => report?,
            // The processes under test go with the run.
            () = signals.next() => return Err(Failure::Interrupted),
        };
        Ok(self.output.print(&report, || report.lines())?)
    }
}
