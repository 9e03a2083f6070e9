//! `lombard serve`: serves one role or several, until a signal.

use crate::context::Context;
use crate::failure::Failure;
use crate::installation::{ConfigurationArguments, Installation};
use crate::process::{Process, ProcessOptions, Role, Signals};
use clap::Args;
use service_kit::telemetry::{self, Metrics};

/// `lombard serve`.
#[derive(Args, Debug)]
pub struct Serve {
    /// What to serve [default: everything]
    #[arg(value_name = "ROLE")]
    roles: Vec<Role>,
    #[command(flatten)]
    configuration: ConfigurationArguments,
}

impl Serve {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let mut signals = Signals::listen()?;
        let installation =
            Installation::open(context.data_directory(), &self.configuration, context)?;
        telemetry::init(&installation.configuration.telemetry)?;
        for file in &installation.made {
            tracing::info!(file = %file.display(), "made for the sandbox");
        }
        let options = ProcessOptions {
            directory: installation.directory.clone(),
            configuration: installation.configuration.clone(),
            roles: Role::or_all(&self.roles, installation.configuration.mode),
            clock: context.clock.clone(),
            random: context.random.clone(),
            metrics: Metrics::install()?,
        };
        let mut process = Process::start(options).await?;
        let ended = tokio::select! {
            failed = process.serve_until_failure() => Err(failed),
            () = signals.next() => Ok(()),
        };
        signals.exit_on_next();
        tracing::info!("stopping");
        process.stop().await?;
        Ok(ended?)
    }
}
