//! The first start of a sandbox: everything is created that a production installation brings along.

mod configuration_file;

use crate::certificate_tree::{Plan, TreeError};
use crate::configuration::Configuration;
use crate::data_directory::DataDirectory;
use crate::files::{FileError, Visibility, write, write_if_absent};
use event_service::{BankUser, PasswordError, hash_password};
use gateway::declarative::write_default_definitions;
use jose::MasterKey;
use service_kit::Clock;
use std::path::{Path, PathBuf};
use url::Url;

/// The documented bank user.
pub const BANK_USER: &str = "admin@wso2.com";
/// Its documented password.
pub const BANK_PASSWORD: &str = "wso2123";

/// Why the sandbox could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Certificates.
    #[error(transparent)]
    Certificates(#[from] TreeError),
    /// The bank user's password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Files.
    #[error(transparent)]
    File(#[from] FileError),
    /// The gateway's definitions.
    #[error("cannot write the API definitions: {0}")]
    Definitions(std::io::Error),
}

/// Writes `lombard.toml` with the documented bank user, unless it exists.
pub fn write_configuration(directory: &DataDirectory) -> Result<(), SandboxError> {
    let path = directory.configuration_file();
    if path.exists() {
        return Ok(());
    }
    let content = configuration_file::content(&documented_bank_user()?);
    Ok(write(&path, content.as_bytes(), Visibility::Secret)?)
}

/// Creates what is missing in `directory`: certificates, the master key, the gateway's files. The
/// certificates and keys that were made.
pub fn create(
    directory: &DataDirectory,
    configuration: &Configuration,
    clock: &dyn Clock,
) -> Result<Vec<PathBuf>, SandboxError> {
    let dns_names = public_names(configuration);
    let plan = Plan { dns_names, containers: false, now: clock.now() };
    let mut made = directory.certificates().create(&plan)?;
    let master_key = directory.resolve(&configuration.keys.master_key_file);
    if create_master_key(&master_key)? {
        made.push(master_key);
    }
    let definitions = directory.resolve(&configuration.gateway.directory);
    write_default_definitions(&definitions).map_err(SandboxError::Definitions)?;
    Ok(made)
}

/// The documented bank user.
pub fn documented_bank_user() -> Result<BankUser, PasswordError> {
    Ok(BankUser { name: BANK_USER.to_owned(), password_hash: hash_password(BANK_PASSWORD)? })
}

/// The names by which the public listeners are called from outside.
fn public_names(configuration: &Configuration) -> Vec<String> {
    let listeners = &configuration.listeners;
    let urls = [
        &listeners.identity.public_url,
        &listeners.api.public_url,
        &listeners.directory.public_url,
    ];
    urls.into_iter()
        .flatten()
        .filter_map(|url| Some(url.parse::<Url>().ok()?.domain()?.to_owned()))
        .collect()
}

/// Writes a new master key to `path` unless it exists; says whether it did.
pub fn create_master_key(path: &Path) -> Result<bool, FileError> {
    if path.exists() {
        return Ok(false);
    }
    write_if_absent(path, MasterKey::generate().to_hex().as_bytes(), Visibility::Secret)
}
