//! `lombard bench`: what operations cost, measured on a server process of its own.

mod token;

use crate::context::Context;
use crate::failure::Failure;
use clap::Subcommand;

/// What operations cost, measured on a server process of its own.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Tokens: CPU time beside the arithmetic of their signatures
    Token(token::Token),
}

impl BenchCommand {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Token(command) => command.run(context).await,
        }
    }
}
