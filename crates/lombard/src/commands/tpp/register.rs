//! `lombard tpp register`.

use super::{Door, TppArguments};
use crate::client_registration::{RegisteredClient, RegistrationWish, register};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use crate::subscribing::{await_subscription, except_from_roles, subscribe_to_allowed};
use crate::target::Target;
use crate::tpp::Tpp;
use crate::tpp_files::{AuthenticationMethod, TppFiles};
use clap::Args;
use serde_json::json;

/// `lombard tpp register`.
#[derive(Args, Debug)]
pub struct Register {
    #[command(flatten)]
    tpp: TppArguments,
    #[command(flatten)]
    door: Door,
    /// How the TPP is going to authenticate [default: the one it has, else assertions]
    #[arg(long, value_name = "METHOD")]
    auth_method: Option<AuthenticationMethod>,
    /// Replace the registration: new keys, other roles, another method
    #[arg(long, conflicts_with = "no_subscribe")]
    update: bool,
    /// Send the software statement of ssa.jwt even where it is too old
    #[arg(long)]
    keep_ssa: bool,
    /// Do not subscribe to the published APIs, and do without the subscriptions of the TPP's roles
    #[arg(long)]
    no_subscribe: bool,
    /// For an update, use this access token instead of getting one
    #[arg(long, requires = "update", value_name = "TOKEN")]
    access_token: Option<String>,
    #[command(flatten)]
    output: Output,
}

impl Register {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let target = self.tpp.target(context)?;
        let files = self.tpp.files(&target)?;
        if self.update {
            return self.replace(&target, files, context).await;
        }
        let door = (&self.door.of(&target), self.wish(&files)?);
        let (client, answer) =
            register(&target, &files, door, context.now(), context.random()).await?;
        let (apis, in_force) = self.subscribe(&target, &client, files, context).await?;
        let value = json!({
            "client_id": client.client_id,
            "subscribed": apis,
            "in_force": in_force,
            "registration": answer.json(),
        });
        Ok(self.output.print(&value, || {
            let subscribed = if apis.is_empty() { "nothing".to_owned() } else { apis.join(", ") };
            let note = if in_force { "" } else { ", which the gateway has not taken in yet" };
            format!("registered as {}, subscribed to {subscribed}{note}", client.client_id)
        })?)
    }

    async fn replace(
        &self,
        target: &Target,
        files: TppFiles,
        context: &Context,
    ) -> Result<(), Failure> {
        let wish = self.wish(&files)?;
        let mut tpp = Tpp::open(target, files)?;
        let token = super::token_of(&tpp, self.access_token.as_deref(), context).await?;
        let door = (&self.door.of(target), wish);
        let (client, answer) =
            tpp.update_registration(door, &token, context.now(), context.random()).await?;
        let value = json!({ "client_id": client.client_id, "registration": answer.json() });
        Ok(self.output.print(&value, || format!("updated {}", client.client_id))?)
    }

    /// The names of what the client was subscribed to by itself, and whether the gateway knows.
    async fn subscribe(
        &self,
        target: &Target,
        client: &RegisteredClient,
        files: TppFiles,
        context: &Context,
    ) -> Result<(Vec<String>, bool), Failure> {
        let (apis, has_effect) = if self.no_subscribe {
            (Vec::new(), except_from_roles(target, client)?)
        } else {
            let apis = subscribe_to_allowed(target, client)?;
            let has_effect = !apis.is_empty();
            (apis, has_effect)
        };
        let in_force = !has_effect || self.is_in_force(target, files, context).await;
        Ok((apis, in_force))
    }

    /// The registration stands whether or not the gateway answers.
    async fn is_in_force(&self, target: &Target, files: TppFiles, context: &Context) -> bool {
        let waited = async {
            let tpp = Tpp::open(target, files)?;
            await_subscription(&tpp, !self.no_subscribe, context.now(), context.random()).await
        };
        waited.await.unwrap_or(false)
    }

    fn wish(&self, files: &TppFiles) -> Result<RegistrationWish, Failure> {
        let before = files.record()?.token_endpoint_auth_method;
        let method = self.auth_method.unwrap_or(before);
        Ok(RegistrationWish { method, keep_ssa: self.keep_ssa })
    }
}
