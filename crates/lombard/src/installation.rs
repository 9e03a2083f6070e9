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
    /// Certificates and keys that this start made.
    pub made: Vec<PathBuf>,
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
        let mut made = Vec::new();
        if configuration.mode == Mode::Sandbox && configuration.create {
            if arguments.config.is_none() {
                sandbox::write_configuration(&directory)?;
                configuration = arguments.load(&directory)?;
            }
            made = sandbox::create(&directory, &configuration, &*context.clock)?;
        }
        Ok(Self { directory, configuration, made, _lock: lock })
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn open(directory: &DataDirectory) -> Result<Installation, Failure> {
        let arguments = ConfigurationArguments::default();
        Installation::open(directory.clone(), &arguments, &Context::new(None))
    }

    #[test]
    fn an_override_without_a_value_is_refused() {
        let temporary = tempfile::tempdir().unwrap();
        let arguments =
            ConfigurationArguments { config: None, overrides: vec!["create".to_owned()] };
        let refused = arguments.load(&DataDirectory::new(temporary.path())).unwrap_err();
        assert!(refused.to_string().contains("--set wants KEY=VALUE"), "{refused}");
    }

    #[test]
    fn a_sandbox_that_must_not_create_stays_empty() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = DataDirectory::new(temporary.path());
        let arguments = ConfigurationArguments::default().and("create", "false");
        let installation = Installation::open(directory, &arguments, &Context::new(None)).unwrap();
        assert!(installation.made.is_empty());
        assert!(!temporary.path().join("certs").exists());
        assert!(!temporary.path().join("lombard.toml").exists());
    }

    #[test]
    fn the_first_start_makes_the_documented_bank_user_and_later_ones_keep_everything() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = DataDirectory::new(temporary.path());
        let first = open(&directory).unwrap();
        let user = &first.configuration.event_service.bank_user[0];
        assert_eq!(user.name, "admin@wso2.com");
        assert!(user.password_hash.starts_with("$argon2id$"));
        drop(first);
        let file = fs::read(directory.configuration_file()).unwrap();
        assert!(open(&directory).unwrap().made.is_empty());
        assert_eq!(fs::read(directory.configuration_file()).unwrap(), file);
    }
}
