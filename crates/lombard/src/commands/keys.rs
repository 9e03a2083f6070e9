//! `lombard keys`: the master key and the signing keys that it seals.

use crate::context::Context;
use crate::failure::Failure;
use crate::installation::ConfigurationArguments;
use crate::output::Output;
use crate::process::Role;
use crate::sandbox::create_master_key;
use crate::signing_keys::KeyMaker;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

/// The master key and the signing keys that it seals.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make the master key, unless it exists, and a new signing key for each role
    ///
    /// A new signing key signs from the next start on; the ones before stay published.
    New(New),
}

/// `lombard keys new`.
#[derive(Args, Debug)]
pub struct New {
    /// Whose signing keys [default: everybody's]
    #[arg(value_name = "ROLE")]
    roles: Vec<Role>,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(flatten)]
    output: Output,
}

impl KeysCommand {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::New(new) => new.run(context).await,
        }
    }
}

impl New {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let directory = context.data_directory();
        let configuration = self.configuration.load(&directory)?;
        let path = directory.resolve(&configuration.keys.master_key_file);
        let is_new = create_master_key(&path)?;
        let maker = KeyMaker {
            configuration: &configuration,
            directory: &directory,
            clock: &context.clock,
        };
        let mut signing_keys = Map::new();
        for role in Role::or_all(&self.roles, configuration.mode) {
            if let Some(kid) = maker.create(role).await? {
                signing_keys.insert(role.service().as_str().to_owned(), Value::String(kid));
            }
        }
        let value = json!({
            "master_key_file": path,
            "master_key_is_new": is_new,
            "signing_keys": signing_keys,
        });
        Ok(self.output.print(&value, || {
            let what = if is_new { "made" } else { "kept" };
            let mut lines = vec![format!("{what} {}", path.display())];
            lines.extend(signing_keys.iter().map(|(role, kid)| format!("{role}: new key {kid}")));
            lines.join("\n")
        })?)
    }
}
