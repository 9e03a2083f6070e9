//! `lombard tpp`: the TPP's side.

mod assertion;
mod deregister;
mod listen;
mod new;
mod poll;
mod register;
mod registration;
mod renew;
mod request;
mod revoke;
mod show;
mod ssa;
mod subscribe;
mod token;

use crate::client_registration::{RegistrationDoor, RegistrationVersion};
use crate::context::Context;
use crate::failure::Failure;
use crate::target::Target;
use crate::tpp::{TOOLKIT_SCOPE, Tpp};
use crate::tpp_files::TppFiles;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// The TPP's side.
#[derive(Debug, Subcommand)]
pub enum TppCommand {
    /// Print a fresh client assertion
    Assertion(assertion::Assertion),
    /// Delete the registration; its tokens are refused from then on
    Deregister(deregister::Deregister),
    /// Receive pushed events: check, print and accept them, or play a bad receiver
    Listen(Box<listen::Listen>),
    /// Make a TPP: keys, and certificates, a software statement and its assertion from the directory
    New(new::New),
    /// Poll for events through the gateway; acknowledge them, report errors
    Poll(poll::Poll),
    /// Register with the software statement through the gateway, and subscribe to the published APIs
    Register(register::Register),
    /// Print what is registered
    Registration(registration::Registration),
    /// Make a new key and certificate of the same TPP
    Renew(renew::Renew),
    /// Print a fresh registration request, a JWT for one call
    Request(request::Request),
    /// Give an access token back
    Revoke(revoke::Revoke),
    /// Print what is known of a TPP
    Show(show::Show),
    /// Get a fresh software statement assertion from the directory
    Ssa(ssa::Ssa),
    /// Subscribe to events through the gateway; show, replace or delete the subscription
    Subscribe(subscribe::Subscribe),
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

/// Where a registration is made and kept.
#[derive(Args, Debug)]
struct Door {
    /// The version of the standard
    #[arg(long, default_value = "3.3", value_name = "VERSION")]
    version: RegistrationVersion,
    /// Call the key manager itself instead of the gateway
    #[arg(long)]
    direct: bool,
}

impl TppCommand {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Assertion(command) => command.run(context),
            Self::Deregister(command) => command.run(context).await,
            Self::Listen(command) => command.run(context).await,
            Self::New(command) => command.run(context).await,
            Self::Poll(command) => command.run(context).await,
            Self::Register(command) => command.run(context).await,
            Self::Registration(command) => command.run(context).await,
            Self::Renew(command) => command.run(context).await,
            Self::Request(command) => command.run(context).await,
            Self::Revoke(command) => command.run(context).await,
            Self::Show(command) => command.run(context),
            Self::Ssa(command) => command.run(context).await,
            Self::Subscribe(command) => command.run(context).await,
            Self::Token(command) => command.run(context).await,
        }
    }
}

impl Door {
    fn of(&self, target: &Target) -> RegistrationDoor {
        if self.direct {
            RegistrationDoor::of_key_manager(target, self.version)
        } else {
            RegistrationDoor::of_gateway(target, self.version)
        }
    }
}

/// `given`, or a new access token of `tpp`.
async fn token_of(tpp: &Tpp, given: Option<&str>, context: &Context) -> Result<String, Failure> {
    if let Some(token) = given {
        return Ok(token.to_owned());
    }
    let answer = tpp.token(TOOLKIT_SCOPE, context.now(), context.random()).await?;
    Ok(answer["access_token"].as_str().unwrap_or_default().to_owned())
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
