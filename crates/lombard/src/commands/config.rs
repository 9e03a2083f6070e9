//! `lombard config`: the configuration's keys.

use crate::configuration::Configuration;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::print_line;
use clap::Subcommand;
use service_kit::config::reference;
use std::path::PathBuf;

/// The configuration's keys.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say what is wrong with a configuration file, or that nothing is
    Check {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Print every key with its default and what it means
    Reference,
}

impl ConfigCommand {
    /// Does what was asked.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Check { file } => {
                Configuration::load(&context.data_directory(), Some(&file), &[])?;
                print_line(&format!("{} is right", file.display()))?;
            }
            Self::Reference => print_line(&reference::<Configuration>())?,
        }
        Ok(())
    }
}
