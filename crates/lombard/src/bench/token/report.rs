//! The figures, for people and for programs.

use super::Plan;
use super::subject::Round;
use crate::bench::Figure;
use crate::bench::load::Cost;
use crate::bench::versions::Versions;
use jose::Algorithm;
use serde::Serialize;
use std::fmt::Write as _;

/// What a run measured. Times are microseconds; CPU times are those of the server process.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// `token`.
    pub benchmark: &'static str,
    /// What was measured.
    pub versions: Versions,
    /// How it was measured.
    pub settings: Settings,
    /// The arithmetic of one token: one signature made, one verified.
    pub arithmetic_us: Figure,
    /// By database.
    pub servers: Vec<ServerFigures>,
}

/// How it was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    assertion: Algorithm,
    token: Algorithm,
    connections: u32,
    requests: u32,
    rounds: u32,
}

/// The figures of one server.
#[derive(Clone, Debug, Serialize)]
pub struct ServerFigures {
    database: &'static str,
    /// Tokens issued in the rounds.
    tokens: u64,
    keep_alive: KeepAlive,
    new_connection: NewConnection,
    refusals: Refusals,
}

/// Tokens over connections that stay.
#[derive(Clone, Debug, Serialize)]
struct KeepAlive {
    cpu_us: Figure,
    outside_arithmetic_us: Figure,
    /// Part of the CPU time that is arithmetic.
    arithmetic_share: Figure,
    tokens_per_second: Figure,
}

/// Tokens over a connection each.
#[derive(Clone, Debug, Serialize)]
struct NewConnection {
    cpu_us: Figure,
    /// A connection over which nothing is sent.
    handshake_us: Figure,
    /// CPU time to the sum of arithmetic and handshake.
    ratio: Figure,
}

/// Refusals that a stranger must not be able to tell apart, one at a time.
#[derive(Clone, Debug, Serialize)]
struct Refusals {
    unknown_client_cpu_us: Figure,
    bad_signature_cpu_us: Figure,
    unknown_client_us: Figure,
    bad_signature_us: Figure,
    /// Mean time of an unknown client's refusal to that of a wrong signature's.
    time_ratio: Figure,
}

impl Settings {
    /// Those of `plan`.
    pub fn of(plan: &Plan) -> Self {
        Self {
            assertion: plan.algorithms.assertion,
            token: plan.algorithms.token,
            connections: plan.connections,
            requests: plan.requests,
            rounds: plan.rounds,
        }
    }
}

impl ServerFigures {
    /// The figures of these rounds beside the `arithmetic` of the same.
    pub fn of(database: &'static str, rounds: &[Round], arithmetic: &Figure) -> Self {
        let figure = |value: fn(&Round) -> f64| Figure::of(rounds.iter().map(value).collect());
        let issued = |round: &Round| [round.keep_alive, round.new_connection];
        let tokens = rounds.iter().flat_map(issued).map(|Cost { operations, .. }| operations);
        let keep_alive = figure(|round| round.keep_alive.cpu_micros());
        let new_connection = figure(|round| round.new_connection.cpu_micros());
        let handshake_us = figure(|round| round.handshake.cpu_micros());
        let unknown_client_us = figure(|round| round.unknown_client.wall_micros());
        let bad_signature_us = figure(|round| round.bad_signature.wall_micros());
        Self {
            database,
            tokens: tokens.map(u64::from).sum(),
            keep_alive: KeepAlive {
                outside_arithmetic_us: keep_alive.with(arithmetic, |all, part| all - part),
                arithmetic_share: keep_alive.with(arithmetic, |all, part| part / all),
                tokens_per_second: figure(|round| round.keep_alive.per_second()),
                cpu_us: keep_alive,
            },
            new_connection: NewConnection {
                ratio: new_connection
                    .with(&handshake_us.with(arithmetic, |one, two| one + two), |all, parts| {
                        all / parts
                    }),
                cpu_us: new_connection,
                handshake_us,
            },
            refusals: Refusals {
                unknown_client_cpu_us: figure(|round| round.unknown_client.cpu_micros()),
                bad_signature_cpu_us: figure(|round| round.bad_signature.cpu_micros()),
                time_ratio: unknown_client_us.with(&bad_signature_us, |one, two| one / two),
                unknown_client_us,
                bad_signature_us,
            },
        }
    }
}

impl Report {
    /// The figures as lines: median, then the smallest and the largest round.
    pub fn lines(&self) -> String {
        let Versions { lombard, openssl, build } = self.versions;
        let Settings { assertion, token, connections, requests, rounds } = &self.settings;
        let mut text = format!(
            "lombard {lombard} ({build} build), {openssl}\n\
             assertion {assertion}, token {token}; {rounds} rounds of {requests} tokens over \
             {connections} connections\n\
             microseconds of the server's CPU, median (smallest to largest round)\n"
        );
        let mut line = |name: &str, value: String| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {name:<38}{value}");
        };
        line("arithmetic of a token", format!("{}", self.arithmetic_us));
        for server in &self.servers {
            server.lines(&mut line);
        }
        text.truncate(text.trim_end().len());
        text
    }
}

impl ServerFigures {
    fn lines(&self, line: &mut impl FnMut(&str, String)) {
        let Self { keep_alive, new_connection, refusals, .. } = self;
        line(self.database, format!("{} tokens", self.tokens));
        line("  token, keep-alive", format!("{}", keep_alive.cpu_us));
        line("    outside the arithmetic", format!("{}", keep_alive.outside_arithmetic_us));
        line("    share of the arithmetic", format!("{:.3}", keep_alive.arithmetic_share));
        line("    tokens a second, on the wall", format!("{:.0}", keep_alive.tokens_per_second));
        line("  token, new connection", format!("{}", new_connection.cpu_us));
        line("    connection alone", format!("{}", new_connection.handshake_us));
        line("    to arithmetic and connection", format!("{:.3}", new_connection.ratio));
        line("  refusal, unknown client", format!("{}", refusals.unknown_client_cpu_us));
        line("  refusal, bad signature", format!("{}", refusals.bad_signature_cpu_us));
        line("    time of one to the other", format!("{:.3}", refusals.time_ratio));
    }
}
