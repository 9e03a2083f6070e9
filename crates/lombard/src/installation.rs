//! An installation made ready to start: locked, configured, and in a sandbox complete.

use crate::configuration::{Configuration, Mode};
use crate::context::Context;
use crate::data_directory::{DataDirectory, DataDirectoryLock};
use crate::failure::Failure;
use crate::sandbox;
use clap::Args;
use service_kit::config::ConfigError;
use std::path::PathBuf;

/// Where the configuration comes from, beside the environment.
#[derive(Args, Clone, Debug, Default)]
pub struct ConfigurationArguments {
    /// The configuration file [default: lombard.toml in the data directory]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One key, as in listeners.api.bind=127.0.0.1:0; stronger than file and environment
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
}

/// A data directory that this process alone uses, with its configuration.
#[derive(Debug)]
pub struct Installation {
    /// The directory.
    pub directory: DataDirectory,
    /// The configuration.
    pub configuration: Configuration,
    _lock: DataDirectoryLock,
}

impl Installation {
    /// Locks `directory`, loads its configuration and, in a sandbox, creates what is missing.
    pub fn open(
        directory: DataDirectory,
        arguments: &ConfigurationArguments,
        context: &Context,
    ) -> Result<Self, Failure> {
        let lock = directory.lock()?;
        let mut configuration = arguments.load(&directory)?;
        if configuration.mode == Mode::Sandbox && configuration.create {
            if arguments.config.is_none() {
                sandbox::write_configuration(&directory)?;
                configuration = arguments.load(&directory)?;
            }
            sandbox::create(&directory, &configuration, &*context.clock)?;
        }
        Ok(Self { directory, configuration, _lock: lock })
    }
}

impl ConfigurationArguments {
    /// The configuration of `directory` under these arguments.
    pub fn load(&self, directory: &DataDirectory) -> Result<Configuration, ConfigError> {
        let overrides = self
            .overrides
            .iter()
            .map(|text| match text.split_once('=') {
                Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
                None => Err(ConfigError::new(format!("--set wants KEY=VALUE, not {text}"))),
            })
            .collect::<Result<Vec<_>, _>>()?;
        Configuration::load(directory, self.config.as_deref(), &overrides)
    }

    /// The same with `key` set to `value` as well.
    #[must_use]
    pub fn and(mut self, key: &str, value: &str) -> Self {
        self.overrides.push(format!("{key}={value}"));
        self
    }
}
