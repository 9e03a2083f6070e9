//! `lombard tpp registration`.

use super::{Door, TppArguments};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use clap::Args;

/// `lombard tpp registration`.
#[derive(Args, Debug)]
pub struct Registration {
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

impl Registration {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let target = self.tpp.target(context)?;
        let tpp = self.tpp.open(&target)?;
        let token = super::token_of(&tpp, self.access_token.as_deref(), context).await?;
        let registration = tpp.registration(&self.door.of(&target), &token).await?.json();
        Ok(self.output.print(&registration, || format!("{registration:#}"))?)
    }
}
