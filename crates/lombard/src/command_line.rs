//! The command line.

use crate::commands::{
    BankCommand, CertsCommand, ConfigCommand, Demo, Health, KeysCommand, Migrate, Serve, TppCommand,
};
use crate::context::Context;
use crate::failure::Failure;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// An open-banking API platform: key manager, gateway and event service in one binary.
#[derive(Debug, Parser)]
#[command(name = "lombard", version, max_term_width = 100)]
pub struct CommandLine {
    /// Where everything of an installation lies [default: ./lombard-data]
    #[arg(long, global = true, env = "LOMBARD_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The bank's side: create events
    #[command(subcommand)]
    Bank(BankCommand),
    /// Authorities and certificates
    #[command(subcommand)]
    Certs(CertsCommand),
    /// The configuration's keys, and whether a file is right
    #[command(subcommand)]
    Config(ConfigCommand),
    /// The main job from end to end, told step by step
    Demo(Demo),
    /// Exit 0 when the running process is ready
    Health(Health),
    /// The master key and the signing keys that it seals
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Create or upgrade the databases
    Migrate(Migrate),
    /// Serve one role or several, until a signal
    Serve(Serve),
    /// The TPP's side: register, get tokens, poll
    #[command(subcommand)]
    Tpp(TppCommand),
}

impl CommandLine {
    /// Does what was asked.
    pub async fn run(self) -> Result<(), Failure> {
        let context = Context::new(self.data_dir);
        match self.command {
            Command::Bank(command) => command.run(&context).await,
            Command::Certs(command) => command.run(&context),
            Command::Config(command) => command.run(&context),
            Command::Demo(command) => command.run(&context).await,
            Command::Health(command) => command.run(&context).await,
            Command::Keys(command) => command.run(&context).await,
            Command::Migrate(command) => command.run(&context).await,
            Command::Serve(command) => command.run(&context).await,
            Command::Tpp(command) => command.run(&context).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }
}
