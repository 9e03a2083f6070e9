//! `lombard bench long-poll`: what polls that wait cost, and how soon they hear of an event.

mod deployment;
mod polls;
mod report;
mod subject;
mod wake_ups;

pub use report::Report;

use super::versions::Versions;
use super::{BenchError, memory};
use crate::context::Context;
use deployment::Deployment;
use report::Settings;
use std::time::Duration;
use subject::Subject;

/// What to measure, and how much of it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Polls that wait.
    pub waiters: u32,
    /// Waiting polls of each client.
    pub waiters_per_client: u32,
    /// Seconds that a poll waits at most.
    pub max_wait: u32,
    /// Events created while they wait.
    pub events: u32,
    /// For how long the CPU time of waiting is taken.
    pub window: Duration,
    /// Whether the polls come through a gateway.
    pub through_gateway: bool,
    /// A PostgreSQL database; with it events are also created at a second event service.
    pub postgres: Option<String>,
}

/// Starts the processes, opens the connections, measures, stops them. `progress` hears of each step.
pub async fn run(
    plan: &Plan,
    context: &Context,
    mut progress: impl FnMut(&str),
) -> Result<Report, BenchError> {
    let needed = 2 * plan.waiters as usize + 200;
    if memory::file_limit()? < needed {
        return Err(BenchError::FileLimit(needed));
    }
    progress("starting the processes");
    let deployment = Deployment::start(plan, context).await?;
    progress("opening the connections");
    let mut subject = Subject::connect(plan, &deployment, context).await?;
    progress("idle connections");
    let idle = subject.look().await?;
    progress("waiting polls");
    subject.begin_waiting().await?;
    let waiting = subject.look().await?;
    progress("CPU time of waiting");
    let cpu = subject.cpu_of_waiting(plan.window).await?;
    progress("events");
    let local = subject.wake_ups(deployment.events(), plan.events).await?;
    let remote = match deployment.replica() {
        Some(replica) => Some(subject.wake_ups(replica, plan.events).await?),
        None => None,
    };
    Ok(Report {
        benchmark: "long_poll",
        versions: Versions::current(),
        settings: Settings::of(plan),
        processes: report::processes(plan, &idle, &waiting, &cpu),
        events_created_here: local.into(),
        events_created_at_a_replica: remote.map(Into::into),
    })
}

impl Plan {
    fn clients(&self) -> u32 {
        self.waiters.div_ceil(self.waiters_per_client)
    }
}
