//! `lombard tpp poll`.

use super::TppArguments;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use crate::tpp::Tpp;
use clap::Args;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// `lombard tpp poll`.
#[derive(Args, Debug)]
pub struct Poll {
    #[command(flatten)]
    tpp: TppArguments,
    /// How many events to take at most
    #[arg(long, value_name = "N")]
    max_events: Option<u32>,
    /// Wait for events for so long, over as many polls as it takes
    #[arg(long, value_name = "SECONDS")]
    wait: Option<u32>,
    /// Acknowledge these events
    #[arg(long, num_args = 1.., value_name = "ID")]
    ack: Vec<String>,
    /// Report an error about an event, as ID=err:description
    #[arg(long, num_args = 1.., value_name = "ID=ERR:TEXT")]
    set_err: Vec<String>,
    /// Use this access token instead of getting one
    #[arg(long, env = "LOMBARD_ACCESS_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    access_token: Option<String>,
    #[command(flatten)]
    output: Output,
}

/// Whether a poll waits where there is nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    No,
    Yes,
}

impl Poll {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        self.body(Waiting::No)?;
        let target = self.tpp.target(context)?;
        let tpp = self.tpp.open(&target)?;
        let token = super::token_of(&tpp, self.access_token.as_deref(), context).await?;
        let answer = self.poll(&tpp, &token).await?;
        Ok(self.output.print(&answer, || lines(&answer))?)
    }

    /// Where nothing came in time, what is there at the end.
    async fn poll(&self, tpp: &Tpp, token: &str) -> Result<Value, Failure> {
        if let Some(seconds) = self.wait.filter(|_| self.max_events != Some(0)) {
            let waiting = self.wait_for_events(tpp, token);
            if let Ok(answer) = timeout(Duration::from_secs(seconds.into()), waiting).await {
                return answer;
            }
        }
        Ok(tpp.poll(token, &self.body(Waiting::No)?).await?.expect(200)?)
    }

    async fn wait_for_events(&self, tpp: &Tpp, token: &str) -> Result<Value, Failure> {
        let body = self.body(Waiting::Yes)?;
        loop {
            let answer: Value = tpp.poll(token, &body).await?.expect(200)?;
            if answer["sets"].as_object().is_some_and(|sets| !sets.is_empty()) {
                return Ok(answer);
            }
            // A server that lets no poll wait must not be asked without end.
            sleep(BETWEEN_POLLS).await;
        }
    }

    /// The request's body (RFC 8936 §2.2): only the members that were asked for.
    fn body(&self, waiting: Waiting) -> Result<Value, Failure> {
        let mut body = Map::new();
        if let Some(count) = self.max_events {
            body.insert("maxEvents".to_owned(), count.into());
        }
        body.insert("returnImmediately".to_owned(), (waiting == Waiting::No).into());
        if !self.ack.is_empty() {
            body.insert("ack".to_owned(), json!(self.ack));
        }
        if !self.set_err.is_empty() {
            let errors: Result<Map<_, _>, _> =
                self.set_err.iter().map(|text| set_error(text)).collect();
            body.insert("setErrs".to_owned(), Value::Object(errors?));
        }
        Ok(Value::Object(body))
    }
}

fn set_error(text: &str) -> Result<(String, Value), Failure> {
    text.split_once('=')
        .and_then(|(id, error)| Some((id, error.split_once(':')?)))
        .map(|(id, (err, description))| {
            (id.to_owned(), json!({ "err": err, "description": description }))
        })
        .ok_or_else(|| Failure::Usage(format!("--set-err wants ID=err:description, not {text}")))
}

fn lines(answer: &Value) -> String {
    let none = Map::new();
    let sets = answer["sets"].as_object().unwrap_or(&none);
    let mut lines: Vec<_> =
        sets.iter().map(|(id, set)| format!("{id} {}", set.as_str().unwrap_or_default())).collect();
    let more = if answer["moreAvailable"] == true { ", more available" } else { "" };
    lines.push(format!("{} events{more}", sets.len()));
    lines.join("\n")
}

const BETWEEN_POLLS: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_error_without_description_is_refused() {
        assert!(set_error("id=err").is_err());
        assert!(set_error("err:description").is_err());
    }

    #[test]
    fn a_set_error_keeps_colons_of_its_description() {
        let (id, error) = set_error("4d3559ec=jwtAud:audience: not mine").unwrap();
        assert_eq!(id, "4d3559ec");
        assert_eq!(error, json!({ "err": "jwtAud", "description": "audience: not mine" }));
    }
}
