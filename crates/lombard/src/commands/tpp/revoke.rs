//! `lombard tpp revoke`.

use super::TppArguments;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use clap::Args;
use serde_json::json;

/// `lombard tpp revoke`.
#[derive(Args, Debug)]
pub struct Revoke {
    #[command(flatten)]
    tpp: TppArguments,
    /// The access token
    #[arg(long, env = "LOMBARD_ACCESS_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    access_token: String,
    #[command(flatten)]
    output: Output,
}

impl Revoke {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let target = self.tpp.target(context)?;
        let tpp = self.tpp.open(&target)?;
        tpp.revoke(&self.access_token, context.now(), context.random()).await?;
        Ok(self.output.print(&json!({ "revoked": true }), || "revoked".to_owned())?)
    }
}
