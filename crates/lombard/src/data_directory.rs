//! The data directory: where everything of an installation lies.
//!
//! ```text
//! lombard.toml   key-manager.db  event-service.db  directory.db
//! certs/                                     see `certificate_tree`
//! keys/master.key                            seals the signing keys kept in the databases
//! gateway/apis/NAME/{api.toml,openapi.yaml}  gateway/subscriptions.toml
//! tpp/NAME/…                                 see `tpp_files`
//! run/ready.json  run/lock
//! ```

use crate::certificate_tree::CertificateTree;
use crate::files::{self, FileError};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// A data directory, existing or not.
#[derive(Clone, Debug)]
pub struct DataDirectory {
    root: PathBuf,
}

/// The proof that no other process uses the data directory; until dropped.
#[derive(Debug)]
pub struct DataDirectoryLock {
    _file: File,
}

/// Why the data directory could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The lock file cannot be made.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another process holds it.
    #[error(
        "another lombard process uses {}; stop it, or choose another directory with --data-dir",
        .0.display()
    )]
    Taken(PathBuf),
}

impl DataDirectory {
    /// The directory at `root`, made absolute so that a later change of directory does not matter.
    pub fn new(root: &Path) -> Self {
        Self { root: std::path::absolute(root).unwrap_or_else(|_| root.to_owned()) }
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `path` as it stands if absolute, else below this directory.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        self.root.join(path)
    }

    /// The configuration file.
    pub fn configuration_file(&self) -> PathBuf {
        self.root.join("lombard.toml")
    }

    /// The certificates of a sandbox.
    pub fn certificates(&self) -> CertificateTree {
        CertificateTree::new(self.root.join("certs"))
    }

    /// The files of the gateway's declarative mode.
    pub fn gateway(&self) -> PathBuf {
        self.root.join("gateway")
    }

    /// The TPPs made here, a directory each.
    pub fn tpps(&self) -> PathBuf {
        self.root.join("tpp")
    }

    /// The base URLs of a running process.
    pub fn ready_file(&self) -> PathBuf {
        self.root.join("run/ready.json")
    }

    /// Makes this process the only one to use the directory.
    pub fn lock(&self) -> Result<DataDirectoryLock, LockError> {
        let path = self.root.join("run/lock");
        files::create_directory(&self.root.join("run"))?;
        let open = File::options().create(true).truncate(false).write(true).open(&path);
        let file = open.map_err(|source| FileError::new("open", &path, source))?;
        match file.try_lock() {
            Ok(()) => Ok(DataDirectoryLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Taken(self.root.clone())),
            Err(TryLockError::Error(source)) => Err(FileError::new("lock", &path, source).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_is_refused_until_the_first_has_left() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = DataDirectory::new(temporary.path());
        let lock = directory.lock().unwrap();
        let refused = directory.lock().unwrap_err();
        assert!(refused.to_string().contains("another lombard process"), "{refused}");
        drop(lock);
        directory.lock().unwrap();
    }

    #[test]
    fn absolute_paths_stay_as_they_are() {
        let directory = DataDirectory::new(Path::new("/data"));
        assert_eq!(directory.resolve(Path::new("/run/secrets/key")), Path::new("/run/secrets/key"));
        assert_eq!(directory.resolve(Path::new("certs/x")), Path::new("/data/certs/x"));
    }
}
