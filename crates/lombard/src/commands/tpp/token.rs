//! `lombard tpp token`.

use super::TppArguments;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use crate::tpp::TOOLKIT_SCOPE;
use clap::Args;

/// `lombard tpp token`.
#[derive(Args, Debug)]
pub struct Token {
    #[command(flatten)]
    tpp: TppArguments,
    /// What to ask for
    #[arg(long, default_value = TOOLKIT_SCOPE, value_name = "SCOPES")]
    scope: String,
    #[command(flatten)]
    output: Output,
}

impl Token {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let target = self.tpp.target(context)?;
        let tpp = self.tpp.open(&target)?;
        let answer = tpp.token(&self.scope, context.now(), context.random()).await?;
        let token = answer["access_token"].as_str().unwrap_or_default();
        Ok(self.output.print(&answer, || token.to_owned())?)
    }
}
