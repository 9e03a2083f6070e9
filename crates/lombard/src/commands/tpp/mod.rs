//! `lombard tpp`: the TPP's side.

mod assertion;
mod new;
mod poll;
mod register;
mod renew;
mod show;
mod ssa;
mod token;

use crate::context::Context;
use crate::failure::Failure;
use crate::target::Target;
use crate::tpp::Tpp;
use crate::tpp_files::TppFiles;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// The TPP's side.
#[derive(Debug, Subcommand)]
pub enum TppCommand {
    /// Print a fresh client assertion
    Assertion(assertion::Assertion),
    /// Make a TPP: keys, and certificates, a software statement and its assertion from the directory
    New(new::New),
    /// Poll for events through the gateway; acknowledge them, report errors
    Poll(poll::Poll),
    /// Register at the key manager and subscribe to the published APIs
    Register(register::Register),
    /// Make a new key and certificate of the same TPP
    Renew(renew::Renew),
    /// Print what is known of a TPP
    Show(show::Show),
    /// Get a fresh software statement assertion from the directory
    Ssa(ssa::Ssa),
    /// Get an access token
    Token(token::Token),
}

/// Which TPP, and where.
#[derive(Args, Debug)]
struct TppArguments {
    /// The TPP's name
    #[arg(value_name = "NAME")]
    name: String,
    /// A deployment other than the data directory's, as a TOML file
    #[arg(long, value_name = "FILE")]
    target: Option<PathBuf>,
}

impl TppCommand {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Assertion(command) => command.run(context),
            Self::New(command) => command.run(context).await,
            Self::Poll(command) => command.run(context).await,
            Self::Register(command) => command.run(context).await,
            Self::Renew(command) => command.run(context).await,
            Self::Show(command) => command.run(context),
            Self::Ssa(command) => command.run(context).await,
            Self::Token(command) => command.run(context).await,
        }
    }
}

impl TppArguments {
    fn target(&self, context: &Context) -> Result<Target, Failure> {
        Ok(Target::find(&context.data_directory(), self.target.as_deref())?)
    }

    /// The files alone; nothing has to run for this.
    fn own_files(&self, context: &Context) -> Result<TppFiles, Failure> {
        let tpps = match &self.target {
            Some(file) => Target::from_file(file, &context.data_directory().tpps())?.tpp_directory,
            None => context.data_directory().tpps(),
        };
        Ok(TppFiles::named(&tpps, &self.name)?)
    }

    fn files(&self, target: &Target) -> Result<TppFiles, Failure> {
        Ok(TppFiles::named(&target.tpp_directory, &self.name)?)
    }

    fn open(&self, target: &Target) -> Result<Tpp, Failure> {
        Ok(Tpp::open(target, self.files(target)?)?)
    }
}
