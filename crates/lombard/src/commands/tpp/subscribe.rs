//! `lombard tpp subscribe`.

use super::TppArguments;
use crate::context::Context;
use crate::event_subscription::EventSubscriptions;
use crate::failure::Failure;
use crate::output::Output;
use clap::Args;
use serde_json::{Map, Value, json};

/// `lombard tpp subscribe`.
#[derive(Args, Debug)]
pub struct Subscribe {
    #[command(flatten)]
    tpp: TppArguments,
    /// Be told of these event types only, by code or URN; without any, of all
    #[arg(long, num_args = 1.., value_name = "TYPE")]
    event_type: Vec<String>,
    /// Have events pushed to this URL; without one they are polled
    #[arg(long, value_name = "URL")]
    callback_url: Option<String>,
    /// The version of the standard, which chooses the release of the API
    #[arg(long, default_value = "3.1", value_name = "VERSION")]
    version: String,
    /// Print the subscription that there is
    #[arg(long, group = "action", conflicts_with_all = ["event_type", "callback_url"])]
    show: bool,
    /// Replace the subscription that there is
    #[arg(long, group = "action")]
    update: bool,
    /// Delete the subscription that there is
    #[arg(long, group = "action", conflicts_with_all = ["event_type", "callback_url"])]
    delete: bool,
    /// Use this access token instead of getting one
    #[arg(long, env = "LOMBARD_ACCESS_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    access_token: Option<String>,
    #[command(flatten)]
    output: Output,
}

impl Subscribe {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let target = self.tpp.target(context)?;
        let tpp = self.tpp.open(&target)?;
        let token = super::token_of(&tpp, self.access_token.as_deref(), context).await?;
        let subscriptions = EventSubscriptions::new(&tpp, &token, &self.version);
        let subscription = if self.show {
            subscriptions.current().await?.unwrap_or_default()
        } else if self.delete {
            subscriptions.delete().await?
        } else if self.update {
            subscriptions.update(self.data()).await?
        } else {
            subscriptions.create(self.data()).await?
        };
        Ok(self.output.print(&subscription, || lines(&subscription))?)
    }

    fn data(&self) -> Map<String, Value> {
        let mut data = Map::new();
        if let Some(url) = &self.callback_url {
            data.insert("CallbackUrl".to_owned(), json!(url));
        }
        data.insert("Version".to_owned(), json!(self.version));
        if !self.event_type.is_empty() {
            data.insert("EventTypes".to_owned(), json!(self.event_type));
        }
        data
    }
}

fn lines(subscription: &Value) -> String {
    let Some(id) = subscription["EventSubscriptionId"].as_str() else {
        return "no subscription".to_owned();
    };
    let types = subscription["EventTypes"].as_array().map_or_else(
        || "all event types".to_owned(),
        |types| types.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
    );
    let url = subscription["CallbackUrl"].as_str();
    let push = url.map(|url| format!(", pushed to {url}")).unwrap_or_default();
    format!("{id}: {types}{push}")
}

#[cfg(test)]
mod tests {
    use super::lines;
    use serde_json::{Value, json};

    #[test]
    fn a_subscription_is_one_line() {
        assert_eq!(lines(&Value::Null), "no subscription");
        let all = json!({"EventSubscriptionId": "1", "Version": "3.1"});
        assert_eq!(lines(&all), "1: all event types");
        let some =
            json!({"EventSubscriptionId": "1", "EventTypes": ["a", "b"], "CallbackUrl": "u"});
        assert_eq!(lines(&some), "1: a b, pushed to u");
    }
}
