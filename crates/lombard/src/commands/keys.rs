//! `lombard keys`: keys at rest.

use crate::configuration::Configuration;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use crate::sandbox::create_master_key;
use clap::{Args, Subcommand};
use serde_json::json;

/// Keys at rest.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make the master key that seals signing keys, unless it exists
    New(New),
}

/// `lombard keys new`.
#[derive(Args, Debug)]
pub struct New {
    #[command(flatten)]
    output: Output,
}

impl KeysCommand {
    /// Does what was asked.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::New(new) => new.run(context),
        }
    }
}

impl New {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let directory = context.data_directory();
        let configuration = Configuration::load(&directory, None, &[])?;
        let path = directory.resolve(&configuration.keys.master_key_file);
        let made = create_master_key(&path)?;
        self.output.print(&json!({ "master_key_file": path, "made": made }), || {
            let what = if made { "made" } else { "kept" };
            format!("{what} {}", path.display())
        })?;
        Ok(())
    }
}
