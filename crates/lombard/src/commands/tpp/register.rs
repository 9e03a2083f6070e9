//! `lombard tpp register`.

use super::TppArguments;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use crate::tpp::register;
use clap::Args;

/// `lombard tpp register`.
#[derive(Args, Debug)]
pub struct Register {
    #[command(flatten)]
    tpp: TppArguments,
    #[command(flatten)]
    output: Output,
}

impl Register {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let target = self.tpp.target(context)?;
        let files = self.tpp.files(&target)?;
        let record = register(&target, &files).await?;
        let client_id = record.client_id.as_deref().unwrap_or_default();
        Ok(self.output.print(&record, || format!("registered as {client_id}"))?)
    }
}
