//! `lombard tpp deregister`.

use super::{Door, TppArguments};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use crate::subscribing::forget_subscriptions;
use clap::Args;
use serde_json::json;

/// `lombard tpp deregister`.
#[derive(Args, Debug)]
pub struct Deregister {
    #[command(flatten)]
    tpp: TppArguments,
    #[command(flatten)]
    door: Door,
    /// Use this access token instead of getting one
    #[arg(long, env = "LOMBARD_ACCESS_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    access_token: Option<String>,
    #[command(flatten)]
    output: Output,
}

impl Deregister {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let target = self.tpp.target(context)?;
        let tpp = self.tpp.open(&target)?;
        let token = super::token_of(&tpp, self.access_token.as_deref(), context).await?;
        tpp.deregister(&self.door.of(&target), &token).await?;
        let forgotten = forget_subscriptions(&target, tpp.client_id());
        let value = json!({ "client_id": tpp.client_id(), "deleted": true });
        // Said whatever becomes of the files: the client is gone.
        self.output.print(&value, || format!("deleted {}", tpp.client_id()))?;
        Ok(forgotten?)
    }
}
