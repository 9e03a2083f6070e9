//! `lombard bank event list`, `show`, `reopen`, `expire`, `replay`, `backlog`: looking after events.

use super::bank::{BankAccess, client_id};
use crate::api_client::ApiClient;
use crate::bank::call_bank_api;
use crate::context::Context;
use crate::failure::Failure;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

/// What is done about events that there are.
#[derive(Debug, Subcommand)]
pub enum EventAction {
    /// List events, oldest first
    List(List),
    /// Show an event, its SET and what has happened to it
    Show(One),
    /// Let an event wait again
    Reopen(One),
    /// End an event that waits
    Expire(One),
    /// Let the events of a client wait again that were created in a time
    Replay(Replay),
    /// Show what waits of a client, and when it last polled
    Backlog(Backlog),
}

/// Which events are listed.
#[derive(Args, Debug)]
pub struct List {
    /// Those of this client
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// The same, as the name of a TPP made here
    #[arg(long, value_name = "NAME", conflicts_with = "client")]
    tpp: Option<String>,
    /// open, acknowledged, errored, expired, exhausted, `not_subscribed` or forgotten
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// Those of this type
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// Created at this time or later, such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Created before this time
    #[arg(long, value_name = "TIME")]
    before: Option<String>,
    /// Those after this one: what the part before said
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    /// How many, at most 200
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    #[command(flatten)]
    access: BankAccess,
}

/// An event.
#[derive(Args, Debug)]
pub struct One {
    /// The event's id
    id: String,
    #[command(flatten)]
    access: BankAccess,
}

/// Which events wait again.
#[derive(Args, Debug)]
pub struct Replay {
    /// The client whose events they are
    #[arg(long, value_name = "ID", required_unless_present = "tpp")]
    client: Option<String>,
    /// The same, as the name of a TPP made here
    #[arg(long, value_name = "NAME", conflicts_with = "client")]
    tpp: Option<String>,
    /// Created at this time or later, such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    from: String,
    /// Created before this time
    #[arg(long, value_name = "TIME")]
    before: String,
    /// Those after this one: what the part before said
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    #[command(flatten)]
    access: BankAccess,
}

/// Whose backlog is shown.
#[derive(Args, Debug)]
pub struct Backlog {
    /// The client
    #[arg(long, value_name = "ID", required_unless_present = "tpp")]
    client: Option<String>,
    /// The same, as the name of a TPP made here
    #[arg(long, value_name = "NAME", conflicts_with = "client")]
    tpp: Option<String>,
    #[command(flatten)]
    access: BankAccess,
}

impl EventAction {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::List(list) => list.run(context).await,
            Self::Show(one) => one.run(context, Method::GET, "").await,
            Self::Reopen(one) => one.run(context, Method::POST, "/reopen").await,
            Self::Expire(one) => one.run(context, Method::POST, "/expire").await,
            Self::Replay(replay) => replay.run(context).await,
            Self::Backlog(backlog) => backlog.run(context).await,
        }
    }
}

impl List {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let target = self.access.target(context)?;
        let client = match (&self.client, &self.tpp) {
            (None, None) => None,
            (client, tpp) => Some(client_id(client.as_deref(), tpp.as_deref(), &target)?),
        };
        let mut query = Serializer::new(String::new());
        for (name, value) in [
            ("client_id", client),
            ("status", self.status),
            ("type", self.event_type),
            ("created_from", self.from),
            ("created_before", self.before),
            ("after", self.after),
            ("limit", self.limit.map(|limit| limit.to_string())),
        ] {
            if let Some(value) = value {
                query.append_pair(name, &value);
            }
        }
        let path = format!("/events?{}", query.finish());
        let api = ApiClient::anonymous(&target.ca)?;
        let list = call_bank_api(&api, &target, Method::GET, &path, None).await?;
        Ok(self.access.output.print(&list, || lines(&list))?)
    }
}

impl One {
    async fn run(self, context: &Context, method: Method, action: &str) -> Result<(), Failure> {
        let target = self.access.target(context)?;
        let id: String = url::form_urlencoded::byte_serialize(self.id.as_bytes()).collect();
        let api = ApiClient::anonymous(&target.ca)?;
        let path = format!("/events/{id}{action}");
        let answer = call_bank_api(&api, &target, method, &path, None).await?;
        Ok(self.access.output.print(&answer, || pretty(&answer))?)
    }
}

impl Replay {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let target = self.access.target(context)?;
        let client = client_id(self.client.as_deref(), self.tpp.as_deref(), &target)?;
        let mut body = json!({
            "client_id": client, "created_from": self.from, "created_before": self.before,
        });
        if let Some(after) = self.after {
            body["after"] = after.into();
        }
        let api = ApiClient::anonymous(&target.ca)?;
        let answer = call_bank_api(&api, &target, Method::POST, "/replay", Some(&body)).await?;
        Ok(self.access.output.print(&answer, || pretty(&answer))?)
    }
}

impl Backlog {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let target = self.access.target(context)?;
        let client = client_id(self.client.as_deref(), self.tpp.as_deref(), &target)?;
        let query = Serializer::new(String::new()).append_pair("client_id", &client).finish();
        let api = ApiClient::anonymous(&target.ca)?;
        let path = format!("/backlog?{query}");
        let answer = call_bank_api(&api, &target, Method::GET, &path, None).await?;
        Ok(self.access.output.print(&answer, || pretty(&answer))?)
    }
}

/// An event a line, and how to go on.
fn lines(list: &Value) -> String {
    let text = |event: &Value, member: &str| event[member].as_str().unwrap_or_default().to_owned();
    let mut lines: Vec<String> = list["events"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|event| {
            let [id, status, at, client] =
                ["id", "status", "created_at", "client_id"].map(|member| text(event, member));
            format!("{id}  {status:14}  {at}  {client}")
        })
        .collect();
    if let Some(next) = list["next"].as_str() {
        lines.push(format!("more: --after {next}"));
    }
    lines.join("\n")
}

fn pretty(answer: &Value) -> String {
    serde_json::to_string_pretty(answer).unwrap_or_default()
}
