//! The command line.

use crate::commands::{
    BankCommand, BenchCommand, CertsCommand, ConfigCommand, Demo, Health, KeysCommand, Migrate,
    Serve, TppCommand,
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
    /// The bank's side: create events, look after them
    #[command(subcommand)]
    Bank(BankCommand),
    /// What operations cost, measured on a server process of its own
    #[command(subcommand)]
    Bench(BenchCommand),
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
            Command::Bench(command) => command.run(&context).await,
            Command::Certs(command) => command.run(&context).await,
            Command::Config(command) => command.run(&context),
            // Boxed, for it holds a whole process with all its roles.
            Command::Demo(command) => Box::pin(command.run(&context)).await,
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

    fn refused(arguments: &[&str]) -> String {
        let arguments = ["lombard"].iter().chain(arguments);
        CommandLine::try_parse_from(arguments).unwrap_err().to_string()
    }

    fn taken(arguments: &[&str]) {
        let arguments = ["lombard"].iter().chain(arguments);
        CommandLine::try_parse_from(arguments).unwrap();
    }

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn an_event_needs_a_client_and_something_to_say() {
        assert!(refused(&["bank", "event", "--sample", "1"]).contains("--client"));
        assert!(refused(&["bank", "event", "--client", "c"]).contains("--type"));
        let both = ["bank", "event", "--client", "c", "--type", "t", "--sample", "1"];
        assert!(refused(&both).contains("cannot be used with"));
        taken(&["bank", "event", "--tpp", "acme", "--sample", "5"]);
        taken(&["bank", "event", "--client", "c", "--type", "t", "--info", "{}"]);
        let once = ["bank", "event", "--client", "c", "--sample", "1", "--idempotency-key", "k"];
        assert!(refused(&once).contains("--idempotency-key"));
        taken(&["bank", "event", "list"]);
        taken(&["bank", "event", "list", "--tpp", "acme", "--status", "open", "--limit", "5"]);
        for action in ["show", "reopen", "expire"] {
            assert!(refused(&["bank", "event", action]).contains("<ID>"));
            taken(&["bank", "event", action, "019b7661-8000-7000-8000-00000000abcd", "--json"]);
        }
        assert!(refused(&["bank", "event", "backlog"]).contains("--client"));
        let time = ["--from", "2026-01-01T00:00:00Z", "--before", "2026-02-01T00:00:00Z"];
        taken(&[&["bank", "event", "replay", "--client", "c"][..], &time].concat());
    }

    #[test]
    fn a_role_that_does_not_exist_is_refused_with_those_that_do() {
        let message = refused(&["serve", "gatway"]);
        assert!(message.contains("event-service, gateway, key-manager"), "{message}");
        taken(&["serve", "gateway", "key-manager"]);
    }

    #[test]
    fn several_ids_are_acknowledged_at_once() {
        taken(&["tpp", "poll", "acme", "--ack", "a", "b", "--max-events", "2"]);
        taken(&["tpp", "poll", "acme", "--set-err", "a=err:text", "--json"]);
    }
}
