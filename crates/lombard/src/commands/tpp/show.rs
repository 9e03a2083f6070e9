//! `lombard tpp show`.

use super::TppArguments;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use clap::Args;

/// `lombard tpp show`.
#[derive(Args, Debug)]
pub struct Show {
    #[command(flatten)]
    tpp: TppArguments,
    #[command(flatten)]
    output: Output,
}

impl Show {
    /// Does what was asked.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let files = self.tpp.own_files(context)?;
        let record = files.record()?;
        Ok(self.output.print(&record, || {
            format!(
                "client id    {}\nsoftware id  {}\norganisation {}\nroles        {}\nfiles        {}",
                record.client_id.as_deref().unwrap_or("not registered"),
                record.software_id,
                record.organisation_id,
                record.roles.join(" "),
                files.directory().display()
            )
        })?)
    }
}
