//! `lombard certs`: authorities and certificates.

use super::trust::TrustCommand;
use crate::certificate_tree::{CertificateTree, Plan};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;

/// Authorities and certificates.
#[derive(Debug, Subcommand)]
pub enum CertsCommand {
    /// Make sandbox authorities with server, service and operator certificates; what exists is kept
    New(New),
    /// TPP certificates that are trusted one by one
    #[command(subcommand)]
    Trust(TrustCommand),
}

/// `lombard certs new`.
#[derive(Args, Debug)]
pub struct New {
    /// Where to [default: `certs` in the data directory]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// A name of the public servers beside localhost
    #[arg(long = "dns", value_name = "NAME")]
    dns_names: Vec<String>,
    /// Also what containers need: database certificate and passwords, a master key for each role
    #[arg(long)]
    containers: bool,
    #[command(flatten)]
    output: Output,
}

impl CertsCommand {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::New(new) => new.run(context),
            Self::Trust(command) => command.run(context).await,
        }
    }
}

impl New {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let tree = match self.out {
            Some(directory) => CertificateTree::new(directory),
            None => context.data_directory().certificates(),
        };
        let plan =
            Plan { dns_names: self.dns_names, containers: self.containers, now: context.now() };
        let made = tree.create(&plan)?;
        self.output.print(&json!({ "made": made }), || {
            let made: Vec<_> = made.iter().map(|path| path.display().to_string()).collect();
            if made.is_empty() { "everything is there already".to_owned() } else { made.join("\n") }
        })?;
        Ok(())
    }
}
