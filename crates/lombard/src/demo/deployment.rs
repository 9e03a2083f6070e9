//! What the story is about: a process of our own, or a deployment that runs already.

use super::report::Report;
use crate::context::Context;
use crate::data_directory::DataDirectory;
use crate::failure::Failure;
use crate::installation::{ConfigurationArguments, Installation};
use crate::process::{Process, ProcessOptions, Role, StopError};
use crate::target::Target;
use service_kit::telemetry::{self, Metrics};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use tempfile::TempDir;

const FREE_PORT: &str = "127.0.0.1:0";
const BIND_KEYS: [&str; 6] = [
    "listeners.identity.bind",
    "listeners.key_manager_internal.bind",
    "listeners.api.bind",
    "listeners.events.bind",
    "listeners.directory.bind",
    "operations.bind",
];

/// A running deployment.
#[derive(Debug)]
pub struct Deployment {
    /// How to call it.
    pub target: Target,
    own: Option<Own>,
    temporary: Option<TempDir>,
}

/// A process of our own, and what it lies in.
#[derive(Debug)]
struct Own {
    process: Process,
    _installation: Installation,
}

impl Deployment {
    /// The deployment that `file` describes.
    pub fn elsewhere(file: &Path, context: &Context) -> Result<Self, Failure> {
        let (directory, temporary) = directory(context)?;
        let target = Target::from_file(file, &directory.tpps())?;
        Ok(Self { target, own: None, temporary })
    }

    /// Every role in this process, on the documented ports or, where one is taken, on free ones.
    pub async fn start(context: &Context, report: Report) -> Result<Self, Failure> {
        let (directory, temporary) = directory(context)?;
        let installation = open(directory, context, report)?;
        telemetry::init(&quieter(&installation.configuration.telemetry))?;
        let mut process = Process::start(ProcessOptions {
            directory: installation.directory.clone(),
            configuration: installation.configuration.clone(),
            roles: Role::ALL.into(),
            clock: context.clock.clone(),
            random: context.random.clone(),
            metrics: Metrics::install()?,
        })
        .await?;
        process.ready().await?;
        let target = Target::from_data_directory(&installation.directory)?;
        let own = Own { process, _installation: installation };
        Ok(Self { target, own: Some(own), temporary })
    }

    /// Keeps a temporary data directory after the end.
    pub fn keep(&mut self) {
        if let Some(temporary) = self.temporary.take() {
            // The directory stays; only its removal is given up.
            let _ = temporary.keep();
        }
    }

    /// Whether it goes when this process ends.
    pub fn is_our_own(&self) -> bool {
        self.own.is_some()
    }

    /// Stops a process of our own; leaves any other alone.
    pub async fn stop(self) -> Result<(), StopError> {
        match self.own {
            Some(own) => own.process.stop().await,
            None => Ok(()),
        }
    }
}

/// The data directory that was named, or a temporary one.
fn directory(context: &Context) -> std::io::Result<(DataDirectory, Option<TempDir>)> {
    if let Some(directory) = context.chosen_data_directory() {
        return Ok((directory, None));
    }
    let temporary = tempfile::Builder::new().prefix("lombard-demo-").tempdir()?;
    Ok((DataDirectory::new(temporary.path()), Some(temporary)))
}

fn open(
    directory: DataDirectory,
    context: &Context,
    report: Report,
) -> Result<Installation, Failure> {
    let arguments = ConfigurationArguments::default();
    let installation = Installation::open(directory, &arguments, context)?;
    let Some(taken) = taken_port(&installation) else { return Ok(installation) };
    report.remark(&format!("{taken} is taken: using free ports for all listeners"))?;
    let directory = installation.directory.clone();
    // The lock goes with the first look.
    drop(installation);
    let free = BIND_KEYS
        .iter()
        .fold(arguments, |arguments, key| arguments.and(key, &format!("\"{FREE_PORT}\"")));
    Installation::open(directory, &free, context)
}

fn taken_port(installation: &Installation) -> Option<SocketAddr> {
    let configuration = &installation.configuration;
    let listeners = &configuration.listeners;
    let binds = [
        listeners.identity.bind,
        listeners.key_manager_internal.bind,
        listeners.api.bind,
        listeners.events.bind,
        listeners.directory.bind,
        configuration.operations.bind,
    ];
    binds.into_iter().find(|address| TcpListener::bind(address).is_err())
}

/// The story is what is to be read; logs only where something is wrong.
fn quieter(config: &telemetry::TelemetryConfig) -> telemetry::TelemetryConfig {
    let default = telemetry::TelemetryConfig::default();
    let filter =
        if config.filter == default.filter { "warn".to_owned() } else { config.filter.clone() };
    telemetry::TelemetryConfig { filter, ..config.clone() }
}
