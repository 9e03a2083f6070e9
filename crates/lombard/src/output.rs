//! What commands print: lines for people, JSON for programs.

use serde::Serialize;
use std::io::{self, Write};

/// How a command prints its result.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Output {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Output {
    /// Prints `value` as one line of JSON, or `lines` for people.
    pub fn print(self, value: &impl Serialize, lines: impl FnOnce() -> String) -> io::Result<()> {
        if self.json { print_line(&serde_json::to_string(value)?) } else { print_line(&lines()) }
    }
}

/// Prints `line`; a closed pipe is an error, not a panic.
pub fn print_line(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
