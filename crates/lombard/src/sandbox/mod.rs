//! The first start of a sandbox: everything is created that a production installation brings along.

mod configuration_file;

use crate::certificate_tree::{Plan, TreeError};
use crate::configuration::Configuration;
use crate::data_directory::DataDirectory;
use crate::files::{FileError, Visibility, write_if_absent};
use jose::MasterKey;
use service_kit::{Clock, Random};
use std::path::Path;

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
    /// Files.
    #[error(transparent)]
    File(#[from] FileError),
    /// The bank user's password hash.
    #[error("cannot hash the bank user's password: {0}")]
    Password(argon2::password_hash::Error),
}

/// Writes `lombard.toml` with the documented bank user, unless it exists.
pub fn write_configuration(
    directory: &DataDirectory,
    random: &dyn Random,
) -> Result<(), SandboxError> {
    let path = directory.configuration_file();
    if path.exists() {
        return Ok(());
    }
    let content = configuration_file::content(random)?;
    write_if_absent(&path, content.as_bytes(), Visibility::Secret)?;
    Ok(())
}

/// Creates what is missing in `directory`: certificates, the master key, the gateway's files.
pub fn create(
    directory: &DataDirectory,
    configuration: &Configuration,
    clock: &dyn Clock,
) -> Result<(), SandboxError> {
    let plan = Plan { dns_names: Vec::new(), containers: false, now: clock.now() };
    for made in directory.certificates().create(&plan)? {
        tracing::debug!(file = %made.display(), "created");
    }
    create_master_key(&directory.resolve(&configuration.keys.master_key_file))?;
    Ok(())
}

/// Writes a new master key to `path` unless it exists; says whether it did.
pub fn create_master_key(path: &Path) -> Result<bool, FileError> {
    if path.exists() {
        return Ok(false);
    }
    write_if_absent(path, MasterKey::generate().to_hex().as_bytes(), Visibility::Secret)
}
