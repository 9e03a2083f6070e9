//! `lombard tpp assertion`.

use super::TppArguments;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use clap::Args;
use serde_json::json;

/// `lombard tpp assertion`.
#[derive(Args, Debug)]
pub struct Assertion {
    #[command(flatten)]
    tpp: TppArguments,
    #[command(flatten)]
    output: Output,
}

impl Assertion {
    /// Does what was asked.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let target = self.tpp.target(context)?;
        let tpp = self.tpp.open(&target)?;
        let assertion = tpp.assertion(context.now(), context.random())?;
        let value = json!({ "client_id": tpp.client_id(), "client_assertion": assertion });
        Ok(self.output.print(&value, || assertion)?)
    }
}
