//! `lombard tpp register`.

use super::TppArguments;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use crate::subscribing::{await_subscription, subscribe_to_allowed};
use crate::target::Target;
use crate::tpp::{Tpp, register};
use crate::tpp_files::TppFiles;
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
        let in_force = apis.is_empty() || self.is_in_force(&target, files, context).await;
        let value =
            json!({ "client_id": client.client_id, "subscribed": apis, "in_force": in_force });
        Ok(self.output.print(&value, || {
            let subscribed = if apis.is_empty() { "nothing".to_owned() } else { apis.join(", ") };
            let note = if in_force { "" } else { ", which the gateway has not taken in yet" };
            format!("registered as {}, subscribed to {subscribed}{note}", client.client_id)
        })?)
    }

    /// The registration stands whether or not the gateway answers.
    async fn is_in_force(&self, target: &Target, files: TppFiles, context: &Context) -> bool {
        let waited = async {
            let tpp = Tpp::open(target, files)?;
            await_subscription(&tpp, context.now(), context.random()).await
        };
        waited.await.unwrap_or(false)
    }
}
