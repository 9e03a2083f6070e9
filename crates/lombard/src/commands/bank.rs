//! `lombard bank`: the bank's side.

use crate::api_client::ApiClient;
use crate::bank::{NewEvent, create_event, sample_event};
use crate::commands::bank_events::EventAction;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use crate::target::Target;
use crate::tpp_files::TppFiles;
use clap::{Args, Subcommand};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// The bank's side.
#[derive(Debug, Subcommand)]
pub enum BankCommand {
    /// Create events for a client
    Event(Box<Event>),
}

/// `lombard bank event`.
#[derive(Args, Debug)]
#[command(subcommand_negates_reqs = true)]
pub struct Event {
    #[command(subcommand)]
    action: Option<EventAction>,
    /// The client that gets the events
    #[arg(long, value_name = "ID", required_unless_present = "tpp")]
    client: Option<String>,
    /// The same, as the name of a TPP made here
    #[arg(long, value_name = "NAME", conflicts_with = "client")]
    tpp: Option<String>,
    /// The resource that the events are about; a new one without
    #[arg(long, value_name = "ID")]
    resource: Option<String>,
    /// An event type; repeated, it takes the --info of the same place
    #[arg(long = "type", value_name = "TYPE", required_unless_present = "sample")]
    types: Vec<String>,
    /// A JSON object with what the event says
    #[arg(long, value_name = "JSON")]
    info: Vec<String>,
    /// Create N events as the toolkit's page shows them
    #[arg(long, value_name = "N", conflicts_with_all = ["types", "info"])]
    sample: Option<u32>,
    /// Make the SET wrong on purpose, in a sandbox: bad-signature, future-iat, missing-claim,
    /// repeated-jti, unknown-kid, wrong-aud or wrong-iss
    #[arg(long, value_name = "NAME")]
    fault: Option<String>,
    /// A name for this order: sent again under it, it makes no second event
    #[arg(long, value_name = "KEY", conflicts_with = "sample")]
    idempotency_key: Option<String>,
    #[command(flatten)]
    access: BankAccess,
}

/// Who calls, and where.
#[derive(Args, Debug)]
pub struct BankAccess {
    /// The bank's user
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The bank user's password
    #[arg(long, env = "LOMBARD_BANK_PASSWORD", hide_env_values = true, value_name = "PASSWORD")]
    password: Option<String>,
    /// A deployment other than the data directory's, as a TOML file
    #[arg(long, value_name = "FILE")]
    target: Option<PathBuf>,
    #[command(flatten)]
    pub(super) output: Output,
}

impl BankCommand {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Event(event) => event.run(context).await,
        }
    }
}

impl Event {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        if let Some(action) = self.action {
            return action.run(context).await;
        }
        let target = self.access.target(context)?;
        let client_id = client_id(self.client.as_deref(), self.tpp.as_deref(), &target)?;
        let client = ApiClient::anonymous(&target.ca)?;
        for information in self.information(context)? {
            let resource =
                self.resource.clone().unwrap_or_else(|| context.random().uuid_v4().to_string());
            let event = NewEvent {
                client_id: &client_id,
                information: &information,
                resource_id: &resource,
                fault: self.fault.as_deref(),
                idempotency_key: self.idempotency_key.as_deref(),
            };
            let answer = create_event(&client, &target, event).await?;
            let created = answer.expect(201)?;
            self.access.output.print(&created, || {
                format!("created {}", created["notificationsID"].as_str().unwrap_or_default())
            })?;
        }
        Ok(())
    }

    fn information(&self, context: &Context) -> Result<Vec<Value>, Failure> {
        match self.sample {
            Some(count) => Ok((0..count).map(|_| sample_event(context.random())).collect()),
            None => Ok(vec![Value::Object(pair_up(&self.types, &self.info)?)]),
        }
    }
}

impl BankAccess {
    /// The deployment, with the user who calls.
    pub(super) fn target(&self, context: &Context) -> Result<Target, Failure> {
        let mut target = Target::find(&context.data_directory(), self.target.as_deref())?;
        if let Some(user) = &self.user {
            target.bank_user.clone_from(user);
        }
        if let Some(password) = &self.password {
            target.bank_password.clone_from(password);
        }
        Ok(target)
    }
}

/// The client that is meant: by its id, or by the name of a TPP made here.
pub(super) fn client_id(
    client: Option<&str>,
    tpp: Option<&str>,
    target: &Target,
) -> Result<String, Failure> {
    match (client, tpp) {
        (Some(id), _) => Ok(id.to_owned()),
        (None, Some(name)) => Ok(TppFiles::named(&target.tpp_directory, name)?.client_id()?),
        (None, None) => Err(Failure::Usage("whose events? --client or --tpp".to_owned())),
    }
}

fn pair_up(types: &[String], info: &[String]) -> Result<Map<String, Value>, Failure> {
    if types.len() != info.len() {
        return Err(Failure::Usage("every --type needs an --info".to_owned()));
    }
    types
        .iter()
        .zip(info)
        .map(|(name, json)| match serde_json::from_str::<Value>(json) {
            Ok(object @ Value::Object(_)) => Ok((name.clone(), object)),
            _ => Err(Failure::Usage(format!("--info is not a JSON object: {json}"))),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_without_information_is_refused() {
        assert!(pair_up(&["a".to_owned()], &[]).is_err());
    }

    #[test]
    fn information_that_is_no_object_is_refused() {
        assert!(pair_up(&["a".to_owned()], &["[]".to_owned()]).is_err());
    }
}
