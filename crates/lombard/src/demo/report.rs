//! What a step did, as a line or as an object.

use crate::failure::Failure;
use crate::output::print_line;
use serde::Serialize;
use std::io::{self, Write};

/// What a step did.
#[derive(Clone, Debug, Serialize)]
pub struct Done {
    /// What was called: method and URL, or the command that does the same.
    pub request: String,
    /// The status, where something was called.
    pub status: Option<u16>,
    /// What came of it.
    pub detail: String,
}

/// Prints steps as they end.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// One JSON object a step instead of one line.
    pub json: bool,
}

#[derive(Serialize)]
struct Object<'o> {
    step: &'o str,
    request: &'o str,
    status: Option<u16>,
    ok: bool,
    detail: &'o str,
}

impl Report {
    /// Prints the step `name`.
    pub fn step(self, name: &str, ok: bool, done: &Done) -> io::Result<()> {
        if self.json {
            let Done { request, status, detail } = done;
            let object = Object { step: name, request, status: *status, ok, detail };
            return print_line(&serde_json::to_string(&object)?);
        }
        let mark = if ok { "ok    " } else { "FAILED" };
        let status = done.status.map_or(String::new(), |status| format!(" → {status}"));
        print_line(&format!("{mark} {name:<24} {}{status}\n       {}", done.request, done.detail))
    }

    /// Prints a remark, which is for people: not among the objects.
    pub fn remark(self, text: &str) -> io::Result<()> {
        if self.json { writeln!(io::stderr(), "{text}") } else { print_line(text) }
    }

    /// Prints that the deployment did not start.
    pub fn not_started(self, failure: &Failure) -> io::Result<()> {
        let request = "lombard serve".to_owned();
        self.step("start", false, &Done { request, status: None, detail: failure.to_string() })
    }
}
