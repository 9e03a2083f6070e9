//! `lombard tpp ssa`.

use super::TppArguments;
use crate::context::Context;
use crate::directory::DirectoryClient;
use crate::failure::Failure;
use crate::output::Output;
use clap::Args;
use serde_json::json;

/// `lombard tpp ssa`.
#[derive(Args, Debug)]
pub struct Ssa {
    #[command(flatten)]
    tpp: TppArguments,
    /// What shall be wrong with it: foreign-jwks, old, other-organisation, unknown-key, wrong-issuer, wrong-signature
    #[arg(long, value_name = "DEFECT")]
    defect: Option<String>,
    #[command(flatten)]
    output: Output,
}

impl Ssa {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let target = self.tpp.target(context)?;
        let files = self.tpp.files(&target)?;
        let record = files.record()?;
        let directory = DirectoryClient::of(&target)?;
        let ssa = directory.ssa(&record, self.defect.as_deref()).await?;
        files.write_ssa(&ssa)?;
        let value = json!({ "software_id": record.software_id, "software_statement": ssa });
        Ok(self.output.print(&value, || ssa)?)
    }
}
