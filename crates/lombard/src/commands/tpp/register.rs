//! `lombard tpp register`.

use super::TppArguments;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use crate::subscribing::subscribe_to_allowed;
use crate::tpp::register;
use clap::Args;
use serde_json::json;

/// `lombard tpp register`.
#[derive(Args, Debug)]
pub struct Register {
    #[command(flatten)]
    tpp: TppArguments,
    /// Do not subscribe to the published APIs
    #[arg(long)]
    no_subscribe: bool,
    #[command(flatten)]
    output: Output,
}

impl Register {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let target = self.tpp.target(context)?;
        let files = self.tpp.files(&target)?;
        let client = register(&target, &files).await?;
        let apis =
            if self.no_subscribe { Vec::new() } else { subscribe_to_allowed(&target, &client)? };
        let value = json!({ "client_id": client.client_id, "subscribed": apis });
        Ok(self.output.print(&value, || {
            let subscribed = if apis.is_empty() { "nothing".to_owned() } else { apis.join(", ") };
            format!("registered as {}, subscribed to {subscribed}", client.client_id)
        })?)
    }
}
