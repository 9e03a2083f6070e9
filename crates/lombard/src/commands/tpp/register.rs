//! `lombard tpp register`.

use super::TppArguments;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use crate::subscribing::{await_subscription, except_from_roles, subscribe_to_allowed};
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
    /// Do not subscribe to the published APIs, and do without the subscriptions of the TPP's roles
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
        let (apis, has_effect) = if self.no_subscribe {
            (Vec::new(), except_from_roles(&target, &client)?)
        } else {
            let apis = subscribe_to_allowed(&target, &client)?;
            let has_effect = !apis.is_empty();
            (apis, has_effect)
        };
        let in_force = !has_effect || self.is_in_force(&target, files, context).await;
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
            await_subscription(&tpp, !self.no_subscribe, context.now(), context.random()).await
        };
        waited.await.unwrap_or(false)
    }
}
