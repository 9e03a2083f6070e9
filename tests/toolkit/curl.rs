//! curl, as a user has it.

use crate::harness::Installation;
use serde_json::Value;
use std::process::Command;

/// What curl printed.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
    headers: Vec<(String, String)>,
}

/// Runs curl with `arguments`; the only further setting is `CURL_CA_BUNDLE`.
pub fn curl(installation: &Installation, arguments: &[String]) -> Answer {
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--include"])
        .args(arguments)
        .env("CURL_CA_BUNDLE", installation.path("certs/ca.crt"))
        .output()
        .expect("curl runs");
    assert!(output.status.success(), "curl: {}", String::from_utf8_lossy(&output.stderr));
    Answer::read(&String::from_utf8(output.stdout).expect("UTF-8"))
}

impl Answer {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status line");
        let headers = lines.filter_map(|line| line.split_once(':'));
        Self {
            status: status.parse().expect("a status"),
            body: body.to_owned(),
            headers: headers
                .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
                .collect(),
        }
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The first header called `name`.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}
