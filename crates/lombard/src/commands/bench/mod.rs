//! `lombard bench`: what operations cost, measured on a server process of its own.

mod long_poll;
mod token;

use crate::context::Context;
use crate::failure::Failure;
use clap::Subcommand;

/// What operations cost, measured on a server process of its own.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Polls that wait: memory, CPU time, and how soon they hear of an event
    LongPoll(long_poll::LongPoll),
    /// Tokens: CPU time beside the arithmetic of their signatures
    Token(token::Token),
}

impl BenchCommand {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::LongPoll(command) => Box::pin(command.run(context)).await,
            Self::Token(command) => command.run(context).await,
        }
    }
}
