//! The binary: subcommands and the composition root, nothing else.

mod api_client;
mod bank;
mod bench;
mod certificate_tree;
mod client_registration;
mod command_line;
mod commands;
mod configuration;
mod context;
mod data_directory;
mod demo;
mod directory;
mod event_receiver;
mod event_subscription;
mod failure;
mod files;
mod installation;
mod output;
mod panics;
mod process;
mod random_text;
mod ready_file;
mod sandbox;
mod signing_keys;
mod subscribing;
mod target;
mod tpp;
mod tpp_files;

use clap::Parser;
use command_line::CommandLine;
use std::process::ExitCode;

fn main() -> ExitCode {
    panics::abort_on_panic();
    let command_line = CommandLine::parse();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(command_line.run()),
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("lombard: {failure}");
            failure.exit_code()
        }
    }
}
