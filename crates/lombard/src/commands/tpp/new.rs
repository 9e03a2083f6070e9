//! `lombard tpp new`.

use crate::certificate_tree::Authority;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use crate::target::Target;
use crate::tpp_files::TppFiles;
use clap::Args;
use std::path::PathBuf;

/// `lombard tpp new`.
#[derive(Args, Debug)]
pub struct New {
    /// The TPP's name
    #[arg(value_name = "NAME")]
    name: String,
    /// What the TPP is authorised for
    #[arg(long = "role", default_values = ["AISP", "PISP", "CBPII"], value_name = "ROLE")]
    roles: Vec<String>,
    /// The directory with issuing.crt, issuing.key and root.crt [default: the data directory's]
    #[arg(long, value_name = "DIR")]
    ca_dir: Option<PathBuf>,
    /// A deployment other than the data directory's, as a TOML file
    #[arg(long, value_name = "FILE")]
    target: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

impl New {
    /// Does what was asked.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let (tpps, authorities) = self.directories(context)?;
        let authorities = self.ca_dir.unwrap_or(authorities);
        if !authorities.join("issuing.key").exists() {
            return Err(Failure::NoAuthority(authorities));
        }
        let authority = Authority::tpp_issuing(&authorities).load()?;
        let files = TppFiles::named(&tpps, &self.name)?;
        let record = files.create(&authority, &self.roles, context.now(), context.random())?;
        Ok(self.output.print(&record, || {
            format!("made {} (software id {})", files.directory().display(), record.software_id)
        })?)
    }

    /// Where TPPs and their authorities are; nothing has to run for this.
    fn directories(&self, context: &Context) -> Result<(PathBuf, PathBuf), Failure> {
        let directory = context.data_directory();
        if let Some(file) = &self.target {
            let target = Target::from_file(file, &directory.tpps())?;
            return Ok((target.tpp_directory, target.tpp_ca_directory));
        }
        Ok((directory.tpps(), directory.certificates().tpp_directory()))
    }
}
