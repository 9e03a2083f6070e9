//! `lombard tpp poll`.

use super::TppArguments;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use clap::Args;
use serde_json::{Map, Value, json};

/// `lombard tpp poll`.
#[derive(Args, Debug)]
pub struct Poll {
    #[command(flatten)]
    tpp: TppArguments,
    /// How many events to take at most
    #[arg(long, value_name = "N")]
    max_events: Option<u32>,
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

impl Poll {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let body = self.body()?;
        let target = self.tpp.target(context)?;
        let tpp = self.tpp.open(&target)?;
        let token = super::token_of(&tpp, self.access_token.as_deref(), context).await?;
        let answer = tpp.poll(&token, &body).await?.expect(200)?;
        Ok(self.output.print(&answer, || lines(&answer))?)
    }

    /// The request's body (RFC 8936 §2.2): only the members that were asked for.
    fn body(&self) -> Result<Value, Failure> {
        let mut body = Map::new();
        if let Some(count) = self.max_events {
            body.insert("maxEvents".to_owned(), count.into());
        }
        body.insert("returnImmediately".to_owned(), true.into());
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
