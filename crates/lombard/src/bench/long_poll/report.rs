//! The figures, for people and for programs.

use super::Plan;
use super::subject::{Cpu, Memory};
use super::wake_ups::Latencies;
use crate::bench::versions::Versions;
use serde::Serialize;
use std::fmt::Write as _;
use std::time::Duration;

/// What a run measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// `long_poll`.
    pub benchmark: &'static str,
    /// What was measured.
    pub versions: Versions,
    /// How it was measured.
    pub settings: Settings,
    /// Each process that holds the polls.
    pub processes: Vec<ProcessFigures>,
    /// Events created at the event service at which the polls wait.
    pub events_created_here: WakeUpFigures,
    /// Events created at another event service on the same database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_created_at_a_replica: Option<WakeUpFigures>,
}

/// How it was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    waiters: u32,
    clients: u32,
    max_wait_seconds: u32,
    database: &'static str,
    window_seconds: u64,
}

/// What the polls cost a process.
#[derive(Clone, Debug, Serialize)]
pub struct ProcessFigures {
    process: &'static str,
    /// Memory with all connections idle, by connection.
    idle_connection_kb: f64,
    /// What a waiting poll takes beyond that.
    waiter_kb: f64,
    /// CPU time of waiting, time-outs and the polls that follow them included, in cores.
    cpu_share: f64,
}

/// How soon polls had an event, in milliseconds.
#[derive(Clone, Debug, Serialize)]
pub struct WakeUpFigures {
    arrivals: usize,
    since_order_ms: Percentiles,
    since_answer_ms: Percentiles,
}

/// Of all arrivals.
#[derive(Clone, Debug, Serialize)]
struct Percentiles {
    p50: f64,
    p99: f64,
    max: f64,
}

/// The figures of each process.
pub fn processes(plan: &Plan, idle: &Memory, waiting: &Memory, cpu: &Cpu) -> Vec<ProcessFigures> {
    let each_kb = |bytes: f64| bytes / 1024.0 / f64::from(plan.waiters);
    idle.iter()
        .zip(waiting)
        .zip(cpu)
        .map(|(((process, idle), (_, waiting)), (_, cost))| ProcessFigures {
            process,
            idle_connection_kb: each_kb(*idle),
            waiter_kb: each_kb(waiting - idle),
            cpu_share: cost.cpu.as_secs_f64() / cost.wall.as_secs_f64(),
        })
        .collect()
}

impl Settings {
    /// Those of `plan`.
    pub fn of(plan: &Plan) -> Self {
        Self {
            waiters: plan.waiters,
            clients: plan.clients(),
            max_wait_seconds: plan.max_wait,
            database: if plan.postgres.is_some() { "postgres" } else { "sqlite" },
            window_seconds: plan.window.as_secs(),
        }
    }
}

impl From<Latencies> for WakeUpFigures {
    fn from(latencies: Latencies) -> Self {
        Self {
            arrivals: latencies.since_order.len(),
            since_order_ms: Percentiles::of(latencies.since_order),
            since_answer_ms: Percentiles::of(latencies.since_answer),
        }
    }
}

impl Percentiles {
    fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        let at = |percent: usize| {
            let index = (durations.len() * percent).div_ceil(100).max(1) - 1;
            durations.get(index).copied().unwrap_or_default().as_secs_f64() * 1e3
        };
        Self { p50: at(50), p99: at(99), max: at(100) }
    }
}

impl Report {
    /// The figures as lines.
    pub fn lines(&self) -> String {
        let Versions { lombard, openssl, build } = self.versions;
        let Settings { waiters, clients, max_wait_seconds, database, window_seconds } =
            &self.settings;
        let mut text = format!(
            "lombard {lombard} ({build} build), {openssl}\n\
             {waiters} polls of {clients} clients wait at most {max_wait_seconds} s; {database}\n"
        );
        let mut line = |name: &str, value: String| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {name:<38}{value}");
        };
        for process in &self.processes {
            line(process.process, String::new());
            line("  an idle connection", format!("{:.1} KB", process.idle_connection_kb));
            line("  a waiting poll beyond that", format!("{:.1} KB", process.waiter_kb));
            let cpu = format!("{:.2} % of a core in {window_seconds} s", process.cpu_share * 100.0);
            line("  CPU of waiting", cpu);
        }
        self.events_created_here.lines("events created here", &mut line);
        if let Some(remote) = &self.events_created_at_a_replica {
            remote.lines("events created at another replica", &mut line);
        }
        text.truncate(text.trim_end().len());
        text
    }
}

impl WakeUpFigures {
    fn lines(&self, name: &str, line: &mut impl FnMut(&str, String)) {
        line(name, format!("{} arrivals; p50, p99, largest", self.arrivals));
        for (name, Percentiles { p50, p99, max }) in [
            ("  after the 201", &self.since_answer_ms),
            ("  after the order, signature included", &self.since_order_ms),
        ] {
            line(name, format!("{p50:.2} ms, {p99:.2} ms, {max:.2} ms"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Percentiles;
    use std::time::Duration;

    #[test]
    fn a_percentile_is_the_smallest_value_that_so_many_do_not_exceed() {
        let Percentiles { p50, p99, max } =
            Percentiles::of((1..=100).rev().map(Duration::from_millis).collect());
        assert_eq!(format!("{p50:.0} {p99:.0} {max:.0}"), "50 99 100");
        let Percentiles { p50, p99, .. } = Percentiles::of(vec![Duration::from_millis(3)]);
        assert_eq!(format!("{p50:.0} {p99:.0}"), "3 3");
    }
}
